"""Draw mutants by the operators of cosmic-ray, and two of our own."""

from __future__ import annotations

import ast
import difflib
import random
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import parso
from cosmic_ray import plugins
from cosmic_ray.commands.init import init
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.work_db import WorkDB, use_db

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from cosmic_ray.work_item import MutationSpec

_AUGMENTED = {"+=", "-=", "*=", "/=", "//=", "|=", "&="}


class DropStatement(Operator):  # type: ignore[misc]  # the library has no types
    """Put `pass` in the place of a statement that is executed for what it does."""

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Yield where calls, raises, early returns and changes of what is kept are."""
        if node.type == "simple_stmt" and parso.tree.search_ancestor(node, "funcdef"):
            statement = node.children[0]
            if self._does(statement):
                yield statement.start_pos, statement.end_pos

    def _does(self, statement: Any) -> bool:
        """Say whether a run goes on without a statement, and otherwise than with it."""
        if statement.type == "expr_stmt":
            target, sign = statement.children[0], statement.children[1].get_code().strip()
            return target.type == "atom_expr" or sign in _AUGMENTED
        is_early = statement.parent.parent.parent.type == "if_stmt"
        is_exit = statement.type in {"return_stmt", "keyword"} and is_early
        return is_exit or statement.type in {"atom_expr", "raise_stmt", "yield_expr"}

    def mutate(self, node: Any, index: int) -> Any:
        """Drop one."""
        del index
        old = node.children[0].get_first_leaf()
        node.children[0] = parso.python.tree.Keyword("pass", old.start_pos, prefix=old.prefix)
        return node

    @classmethod
    def examples(cls) -> tuple[()]:
        """Return none."""
        return ()


class FixCondition(Operator):  # type: ignore[misc]
    """Decide a condition, or leave an operand out of it."""

    _AT: ClassVar = {"if_stmt": 1, "ternary": 2, "test": 2, "comp_if": 1}
    """Where the condition stands among the children, by type of node."""
    _NEUTRAL: ClassVar = {"and_test": True, "or_test": False}

    def mutation_positions(self, node: Any) -> Iterator[Any]:
        """Yield where conditions are, twice each, and operands, once each."""
        for part, _ in self._harms(node):
            yield part.start_pos, part.end_pos

    def _harms(self, node: Any) -> list[tuple[Any, bool]]:
        if node.type in self._AT:
            condition = node.children[self._AT[node.type]]
            return [(condition, True), (condition, False)]
        if node.type in self._NEUTRAL:
            return [(each, self._NEUTRAL[node.type]) for each in node.children[::2]]
        return []

    def mutate(self, node: Any, index: int) -> Any:
        """Decide one."""
        part, value = self._harms(node)[index]
        node.children[node.children.index(part)] = parso.parse(f" {value}")
        return node

    @classmethod
    def examples(cls) -> tuple[()]:
        """Return none."""
        return ()


plugins.OPERATOR_PROVIDERS["ours"] = {each.__name__: each for each in (DropStatement, FixCondition)}


def name_of(module: Path) -> str:
    """Return the name of a module in messages: its room and file."""
    return "/".join(module.with_suffix("").parts[1:])


class Mutant(NamedTuple):
    """A module with one small harm."""

    spec: MutationSpec
    before: str
    """The lines that are harmed."""
    after: str

    @property
    def module(self) -> str:
        """Return the name of the module in messages."""
        return name_of(Path(self.spec.module_path))

    @property
    def lines(self) -> range:
        """Return the numbers of the lines that are harmed."""
        return range(self.spec.start_pos[0], self.spec.end_pos[0] + 1)


def draw(paths: Sequence[Path], count: int, seed: int) -> list[Mutant]:
    """Return so many mutants, no two of one place; fewer if there are no more places."""
    places: defaultdict[Any, list[MutationSpec]] = defaultdict(list)
    with use_db(":memory:", WorkDB.Mode.create) as work:
        init(paths, work, {})
        for item in work.work_items:
            spec = item.mutations[0]
            places[str(spec.module_path), spec.start_pos, spec.end_pos].append(spec)
    dice = random.Random(seed)  # noqa: S311
    drawn: list[Mutant] = []
    for place in dice.sample(sorted(places), len(places)):
        specs = sorted(places[place], key=lambda each: (each.operator_name, each.occurrence))
        if len(drawn) < count and (mutant := _mutant(dice.choice(specs))):
            drawn.append(mutant)
    return sorted(drawn, key=lambda each: (each.module, each.lines.start))


def _mutant(spec: MutationSpec) -> Mutant | None:
    """Return a mutant; None if nothing that is executed differs."""
    source = Path(spec.module_path).read_text(encoding="utf-8")
    operator = plugins.get_operator(spec.operator_name)()
    mutated = mutate_code(source, operator, spec.occurrence)
    if mutated is None or _executed(mutated) in {None, _executed(source)}:
        return None
    changes = difflib.ndiff(source.splitlines(), mutated.splitlines())
    sides: dict[str, list[str]] = {"- ": [], "+ ": []}
    for line in changes:
        if line[:2] in sides:
            sides[line[:2]].append(line[2:].strip())
    return Mutant(spec, *(" ".join(" ".join(side).split()) for side in sides.values()))


@cache
def _executed(source: str) -> str | None:
    """Return a module's code without what changes no outcome; None if it is none."""
    try:
        return ast.dump(_Executed().visit(ast.parse(source)))
    except SyntaxError:  # the star of keyword arguments is taken for an operator
        return None


_EQUAL: Mapping[type[ast.cmpop], type[ast.cmpop]] = {ast.Is: ast.Eq, ast.IsNot: ast.NotEq}


def _is_single(node: ast.expr) -> bool:
    """Say whether an expression is "", or a member of an enumeration, such as `Action.CREATE`."""
    if isinstance(node, ast.Constant):
        return bool(node.value == "")
    owner = ast.unparse(node.value) if isinstance(node, ast.Attribute) else ""
    return owner[:1].isupper() and isinstance(node, ast.Attribute) and node.attr.isupper()


class _Executed(ast.NodeTransformer):
    """Take out what changes no outcome: what only type checkers read, caches, and the like."""

    def visit_If(self, node: ast.If) -> Any:
        """Take out imports for types, whatever became of their condition."""
        is_for_types = isinstance(node.body[0], (ast.Import, ast.ImportFrom)) and not node.orelse
        return None if is_for_types and node.col_offset == 0 else self.generic_visit(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> Any:
        """Take out protocols."""
        is_protocol = any(ast.unparse(base) == "Protocol" for base in node.bases)
        return None if is_protocol else self.generic_visit(node)

    def visit_arguments(self, node: ast.arguments) -> Any:
        """Take a slash for a star: what has to be given by its name is given so."""
        if node.posonlyargs:
            without = [None] * (len(node.args) - len(node.defaults))
            node.kwonlyargs, node.kw_defaults = node.args, [*without, *node.defaults]
            node.args, node.posonlyargs, node.defaults = node.posonlyargs, [], []
        return self.generic_visit(node)

    def visit_arg(self, node: ast.arg) -> Any:
        """Take out the type of an argument."""
        node.annotation = None
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> Any:
        """Take out the type of a result, and that results are remembered."""
        node.returns = None
        node.decorator_list = [d for d in node.decorator_list if "cache(" not in ast.unparse(d)]
        return self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> Any:
        """Take out whether `zip` asserts that lengths are equal, which they are."""
        if ast.unparse(node.func) == "zip":
            node.keywords = []
        return self.generic_visit(node)

    def visit_Compare(self, node: ast.Compare) -> Any:
        """Take `is` for `==` where there is one object: members of enumerations, and ""."""
        if all(map(_is_single, node.comparators)):
            node.ops = [_EQUAL.get(type(op), type(op))() for op in node.ops]
        return self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> Any:
        """Take `or False` for `or 0.0`, which calculates alike."""
        last = node.values[-1]
        if isinstance(node.op, ast.Or) and isinstance(last, ast.Constant) and last.value == 0:
            node.values[-1] = ast.Constant(0)
        return self.generic_visit(node)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> Any:
        """Take out the type of a variable in a function; those in classes may be read."""
        if isinstance(node.target, ast.Name) and node.value is None:
            return self.generic_visit(node)
        node.annotation = ast.Constant(None)
        return self.generic_visit(node) if node.value else ast.Pass()
