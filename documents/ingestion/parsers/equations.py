"""Formulas of office files as LaTeX: fractions, roots and indices are lost when only their letters are read.

Elements are those of Office MathML (ECMA-376 part 1, 22.1).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from documents.ingestion.parsers.ooxml import M, local_name

_SIGNS = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "υ": "upsilon", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega",
    "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi",
    "Ψ": "Psi", "Ω": "Omega", "×": "times", "÷": "div", "±": "pm", "∓": "mp", "∙": "cdot", "⋅": "cdot", "·": "cdot",
    "≤": "leq", "≥": "geq", "≠": "neq", "≈": "approx", "≡": "equiv", "∝": "propto", "∞": "infty", "∂": "partial",
    "∇": "nabla", "∈": "in", "∉": "notin", "⊂": "subset", "⊆": "subseteq", "∪": "cup", "∩": "cap", "∅": "emptyset",
    "∀": "forall", "∃": "exists", "→": "to", "⇒": "Rightarrow", "⇔": "Leftrightarrow", "←": "leftarrow",
    "…": "dots", "⋯": "cdots", "ℝ": "mathbb{R}", "ℕ": "mathbb{N}", "ℤ": "mathbb{Z}",
}  # fmt: skip
_SIGNS_WITHOUT_INK = str.maketrans("", "", "\u2061\u2062\u2063\u2064")  # "times" that nobody writes, and the like
_LARGE = {
    "∑": "sum", "∏": "prod", "∐": "coprod", "∫": "int", "∬": "iint", "∭": "iiint", "∮": "oint", "∯": "oiint",
    "∰": "oiiint", "⋃": "bigcup", "⋂": "bigcap", "⋁": "bigvee", "⋀": "bigwedge",
}  # fmt: skip
_ACCENTS = {
    "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot", "\u0308": "ddot",
    "\u20d7": "vec", "\u030c": "check", "\u0306": "breve",
}  # fmt: skip
_FUNCTIONS = frozenset(
    "sin cos tan cot sec csc arcsin arccos arctan sinh cosh tanh log ln lg exp lim max min sup inf det gcd arg".split()
)
_BRACKETS = {"{": "\\{", "}": "\\}", "⟨": "\\langle ", "⟩": "\\rangle ", "‖": "\\|", "": "."}


def latex(node: Any) -> str:
    """An `m:oMath` element as LaTeX; one of letters and figures alone as it is read."""
    text = " ".join(_inside(node).split())
    return f"${text}$" if any(sign in text for sign in "\\^_") else text


def _inside(node: Any) -> str:
    return "".join(_written(child) for child in node) if node is not None else ""


def _written(node: Any) -> str:
    kind = local_name(node)
    if kind == "r":
        return _signs("".join(text.text or "" for text in node.iter(M + "t")))
    if kind.endswith("Pr"):
        return ""
    write = _WRITERS.get(kind)
    return write(node) if write else _inside(node)


def _signs(text: str) -> str:
    seen = text.translate(_SIGNS_WITHOUT_INK)
    return "".join(f"\\{_SIGNS[sign]} " if sign in _SIGNS else sign for sign in seen)


def _part(node: Any, name: str) -> str:
    return _inside(node.find(M + name)).strip()


def _property(node: Any, path: str, default: str) -> str:
    found = node.find("/".join(M + name for name in path.split("/")))
    return default if found is None else str(found.get(M + "val", ""))


def _fraction(node: Any) -> str:
    command = "binom" if _property(node, "fPr/type", "bar") == "noBar" else "frac"
    return f"\\{command}{{{_part(node, 'num')}}}{{{_part(node, 'den')}}}"


def _indexed(node: Any) -> str:
    below, above = _part(node, "sub"), _part(node, "sup")
    return _part(node, "e") + (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")


def _indexed_before(node: Any) -> str:
    below, above = _part(node, "sub"), _part(node, "sup")
    return "{}" + (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "") + _part(node, "e")


def _root(node: Any) -> str:
    degree = _part(node, "deg")
    index = f"[{degree}]" if degree else ""
    return f"\\sqrt{index}{{{_part(node, 'e')}}}"


def _large(node: Any) -> str:
    sign = _property(node, "naryPr/chr", "∫")
    below, above = _part(node, "sub"), _part(node, "sup")
    limits = (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")
    operator = "\\" + _LARGE[sign] if sign in _LARGE else sign
    return f"{operator}{limits} {_part(node, 'e')}"


def _bracketed(node: Any) -> str:
    opening, closing = _property(node, "dPr/begChr", "("), _property(node, "dPr/endChr", ")")
    between = _property(node, "dPr/sepChr", "|")
    inside = f" {between} ".join(_inside(part).strip() for part in node.iterfind(M + "e"))
    return f"\\left{_BRACKETS.get(opening, opening)}{inside}\\right{_BRACKETS.get(closing, closing)}"


def _function(node: Any) -> str:
    name = _part(node, "fName")
    known = "\\" if name.partition("_")[0].strip() in _FUNCTIONS else ""
    return f"{known}{name} {_part(node, 'e')}"


def _limit(node: Any) -> str:
    word, limit = _part(node, "e"), _part(node, "lim")
    known = "\\" if word in _FUNCTIONS and local_name(node.getparent()) != "fName" else ""
    mark = "_" if local_name(node) == "limLow" else "^"
    return f"{known}{word}{mark}{{{limit}}}"


def _accented(node: Any) -> str:
    accent = _ACCENTS.get(_property(node, "accPr/chr", "\u0302"), "hat")
    return f"\\{accent}{{{_part(node, 'e')}}}"


def _barred(node: Any) -> str:
    side = "over" if _property(node, "barPr/pos", "bot") == "top" else "under"
    return f"\\{side}line{{{_part(node, 'e')}}}"


def _grouped(node: Any) -> str:
    side = "over" if _property(node, "groupChrPr/pos", "bot") == "top" else "under"
    return f"\\{side}brace{{{_part(node, 'e')}}}"


def _matrix(node: Any) -> str:
    rows = (" & ".join(_inside(cell).strip() for cell in row.iterfind(M + "e")) for row in node.iterfind(M + "mr"))
    return "\\begin{matrix}" + " \\\\ ".join(rows) + "\\end{matrix}"


def _stacked(node: Any) -> str:
    return " \\\\ ".join(_inside(line).strip() for line in node.iterfind(M + "e"))


_WRITERS: dict[str, Callable[[Any], str]] = {
    "f": _fraction, "sSub": _indexed, "sSup": _indexed, "sSubSup": _indexed, "sPre": _indexed_before, "rad": _root,
    "nary": _large, "d": _bracketed, "func": _function, "limLow": _limit, "limUpp": _limit, "acc": _accented,
    "bar": _barred, "groupChr": _grouped, "m": _matrix, "eqArr": _stacked,
}  # fmt: skip
