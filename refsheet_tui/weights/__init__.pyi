from .catalog import CatalogEntry as CatalogEntry, load_catalog as load_catalog
from .choice import (
    DEMO as DEMO,
    DEMO_NOTICE as DEMO_NOTICE,
    ModelChoice as ModelChoice,
    choose_model as choose_model,
)
from .download import Download as Download
from .engine_settings import (
    build_cache_settings as build_cache_settings,
    build_load_settings as build_load_settings,
    get_model_store as get_model_store,
)
from .findings import CheckResult as CheckResult, VerificationReport as VerificationReport
from .fit import Fit as Fit, FitVerdict as FitVerdict
from .local_file import LocalFile as LocalFile
from .measuring import MachineMeasurement as MachineMeasurement, measure_machine as measure_machine
from .model_manager import InstalledModel as InstalledModel, ModelManager as ModelManager
from .model_rows import (
    ModelRow as ModelRow,
    catalogue_rows as catalogue_rows,
    other_rows as other_rows,
    own_rows as own_rows,
)
from .model_store import FileState as FileState, ModelStore as ModelStore
from .own_models import forget_model as forget_model, remember_model as remember_model
from .progress import (
    CheckingSum as CheckingSum,
    DownloadEvent as DownloadEvent,
    FileReady as FileReady,
    QueryingHub as QueryingHub,
    ReceivingFile as ReceivingFile,
    WaitingForLock as WaitingForLock,
)
from .sizes import format_bytes as format_bytes
from .verify import Verification as Verification
