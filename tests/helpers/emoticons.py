"""Emoticons and other words with marks in them that Markdown would take for emphasis."""

from __future__ import annotations

_EMOTICONS = r"""
    *_* (*_*) -_- >_< (>_<) ^_^ ^_^; ^_^* @_@ >_> <_< ._. (._.) ;_; '_' T_T x_x o_O =_= 0_0
    :* :-* ;* :'* :*( *.* *-* *~* *o* ^*^ >*< $_$ ~_~ +_+ ^_- (^_^)b m(_)m o_^ ^_o
    (*^_^*) (*^o^*) *^o^* (*´ω`*) (´ω`) (*'ω'*) (*゜ー゜*) (*ﾟ∀ﾟ*) (*´∀｀*)ﾉ (*≧ω≦*)
    (¬_¬) ಠ_ಠ ㅠ_ㅠ ㅇ_ㅇ (｡*‿*｡) (*•̀ᴗ•́*)و (*ˊᗜˋ*) (*￣▽￣)b (*ノωノ) ¯\_(ツ)_/¯ \(^o^)/
    (ﾉ◕ヮ◕)ﾉ*:･ﾟ✧ ☆*:.｡.o(≧▽≦)o.｡.:*☆ *...* ~~^^~~ *♪* **!**
"""
EMOTICONS = tuple(_EMOTICONS.split())
NAMES = (
    "__init__",
    "__all__",
    "tests/*",
    "src/*.py",
    "*.py",
    "'*'",
    "**/*.c",
    "/*comment*/",
    "x_1_y",
)
