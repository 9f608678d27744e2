from .plot import draw_plot as draw_plot
from .process_memory import peak_memory as peak_memory
from .refsheet_bench import BenchPlan as BenchPlan
from .report import build_json as build_json, format_table as format_table
from .run import run_bench as run_bench
