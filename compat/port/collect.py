"""Reading a file: one walk over its syntax, which notes what is bound, called and returned where."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

import libcst as cst

from .program import (
    EACH,
    Binding,
    Class,
    ClassValue,
    Function,
    FunctionValue,
    Module,
    Scope,
    dotted_name,
    imported_module,
)


def read_module(path: Path, shown: str, names: Sequence[str], package: str, source: bytes) -> Module:
    """Parse one file; LibCST's ParserSyntaxError says where it cannot."""
    module = Module(path, shown, tuple(names), package, source, cst.parse_module(source))
    module.scope = Scope(module, None)
    _Collector(module).walk(module.tree)
    return module


#: Fields of nodes that hold layout and punctuation, which nobody asks about: most of all nodes.
_LAYOUT = {
    *("asynchronous", "comma", "dot", "equal", "footer", "header", "indent", "lbrace", "lbracket", "leading_lines"),
    *("lines_after_decorators", "lpar", "newline", "operator", "rbrace", "rbracket", "rpar", "semicolon"),
    "trailing_whitespace",
}

#: All classes of nodes: to ask LibCST's abstract ones of each node takes as long as the rest of the walk.
_NODES = {kind for kind in vars(cst).values() if isinstance(kind, type) and issubclass(kind, cst.CSTNode)}


@cache
def _fields(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    names = (field.name for field in fields(kind))
    return tuple(name for name in names if name not in _LAYOUT and not name.startswith("whitespace"))


def _children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for name in _fields(type(node)):
        value = getattr(node, name)
        for each in value if isinstance(value, list | tuple) else (value,):
            if type(each) in _NODES:
                yield each


class _Collector:
    """Fills a Module. A walk of our own takes a third of the time of LibCST's, which makes each node anew."""

    def __init__(self, module: Module) -> None:
        self.module = module
        self.scope = module.scope
        self.generator: cst.GeneratorExp | None = None

    def walk(self, node: cst.CSTNode, parent: cst.CSTNode | None = None) -> None:
        """Note what is in *node*; a method ``visit_...`` that returns False has seen to what is below itself."""
        if parent is not None:
            self.module.parents[node] = parent
        self.module.scopes[node] = self.scope
        if self.generator is not None:
            self.module.generators[node] = self.generator
        visit = _visitor(type(node))
        if visit is None or visit(self, node) is not False:
            for child in _children(node):
                self.walk(child, node)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        function = Function(node, self.scope)
        self.module.functions.append(function)
        self._bind(node.name.value, Binding(value=FunctionValue(function)))
        for outside in (*node.decorators, node.params, node.returns):
            if outside is not None:
                self.walk(outside, node)
        for param in (*function.parameters, node.params.star_arg, node.params.star_kwarg):
            if isinstance(param, cst.Param):
                function.scope.bound[param.name.value] = []
        self._inside(function.scope, node)
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        cls = Class(node, self.scope)
        self.module.classes.append(cls)
        self._bind(node.name.value, Binding(value=ClassValue(cls)))
        for outside in (*node.decorators, *node.bases, *node.keywords):
            self.walk(outside, node)
        self._inside(cls.scope, node)
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        scope = Scope(self.module, self.scope, is_lambda=True)
        self.walk(node.params, node)
        for param in (*node.params.posonly_params, *node.params.params, *node.params.kwonly_params):
            scope.bound[param.name.value] = []
        self._inside(scope, node)
        return False

    def visit_GeneratorExp(self, node: cst.GeneratorExp) -> bool:
        self.module.parents[node.for_in] = node
        self.walk(node.for_in.iter, node.for_in)  # is evaluated at once, outside
        around, self.generator = self.generator, node
        self.walk(node.elt, node)
        for inside in (node.for_in.target, *node.for_in.ifs, node.for_in.inner_for_in):
            if inside is not None:
                self.walk(inside, node.for_in)
        self._bind_each(node.for_in.target, node.for_in.iter)
        self.generator = around
        return False

    def _inside(self, scope: Scope, node: cst.FunctionDef | cst.ClassDef | cst.Lambda) -> None:
        outer, self.scope, around, self.generator = self.scope, scope, self.generator, None
        self.walk(node.body, node)
        self.scope, self.generator = outer, around

    def visit_Global(self, node: cst.Global) -> None:
        for item in node.names:
            self.scope.elsewhere[item.name.value] = self.module.scope

    def visit_Assign(self, node: cst.Assign) -> None:
        for target in node.targets:
            self._bind_target(target.target, node.value)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._bind_target(node.target, node.value)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._bind_target(node.target, node.value)

    def visit_For(self, node: cst.For) -> None:
        self._bind_each(node.target, node.iter)

    def visit_CompFor(self, node: cst.CompFor) -> None:
        self._bind_each(node.target, node.iter)

    def visit_With(self, node: cst.With) -> None:
        self.module.withs.append(node)
        for item in node.items:
            if item.asname is not None:
                self._bind_target(item.asname.name, item.item)

    def visit_Import(self, node: cst.Import) -> bool:
        self.module.imports.append(node)
        for alias in node.names:
            self.module.parents[alias] = node
            dotted = dotted_name(alias.name)
            local = alias.evaluated_alias
            self._bind(local or dotted.partition(".")[0], Binding(dotted=dotted if local else dotted.partition(".")[0]))
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        self.module.imports.append(node)
        if not isinstance(node.names, cst.ImportStar):
            for alias in node.names:
                self.module.parents[alias] = node
                dotted = f"{imported_module(self.module, node)}.{dotted_name(alias.name)}"
                self._bind(alias.evaluated_alias or dotted_name(alias.name), Binding(dotted=dotted))
        else:
            self.scope.stars.append(imported_module(self.module, node))
        return False

    def visit_Call(self, node: cst.Call) -> None:
        self.module.calls.append(node)

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        self.module.attributes.append(node)
        self.walk(node.value, node)  # the attribute's own name is not a name of this scope
        return False

    def visit_Arg(self, node: cst.Arg) -> bool:
        self.walk(node.value, node)  # nor is the name of a keyword
        return False

    def visit_Name(self, node: cst.Name) -> None:
        self.module.loads.append(node)

    def visit_SimpleString(self, node: cst.SimpleString) -> None:
        self.module.strings.append(node)

    def visit_Return(self, node: cst.Return) -> None:
        if node.value is not None and isinstance(self.scope.owner, Function):
            self.scope.owner.results.append(node.value)

    def visit_Yield(self, node: cst.Yield) -> None:
        if isinstance(self.scope.owner, Function):
            self.scope.owner.is_generator = True
            if isinstance(node.value, cst.BaseExpression):
                self.scope.owner.results.append(node.value)

    def _bind(self, name: str, binding: Binding) -> None:
        self.scope.elsewhere.get(name, self.scope).bound[name].append(binding)

    def _bind_each(self, target: cst.BaseExpression, iterated: cst.BaseExpression) -> None:
        """What a loop gives its target: the items; of ``d.items()`` and ``enumerate(x)``, the second of two."""
        match iterated, target:
            case (
                (
                    cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value="items")), args=[])
                    | cst.Call(func=cst.Name(value="enumerate"), args=[cst.Arg(value=inner), *_])
                ),
                cst.Tuple(elements=[first, second]),
            ):
                self._bind_target(first.value, None)
                self._bind_target(second.value, inner, EACH)
            case (
                (
                    cst.Call(func=cst.Attribute(value=inner, attr=cst.Name(value="values")), args=[])
                    | cst.Call(
                        func=cst.Name(value="list" | "reversed" | "sorted" | "tuple"), args=[cst.Arg(value=inner), *_]
                    )
                ),
                _,
            ):
                self._bind_target(target, inner, EACH)
            case _:
                self._bind_target(target, iterated, EACH)

    def _bind_target(
        self, target: cst.BaseExpression, value: cst.BaseExpression | None, item: int | None = None
    ) -> None:
        if isinstance(target, cst.Name):
            self._bind(target.value, Binding(expression=value, item=item))
        elif isinstance(target, cst.Attribute) and value is not None and item is None:
            self.module.assigned_attributes.append((target, value))
        elif isinstance(target, cst.Tuple | cst.List):
            parts = value.elements if isinstance(value, cst.Tuple | cst.List) and item is None else ()
            paired = len(parts) == len(target.elements)
            for number, element in enumerate(target.elements):
                if paired:
                    self._bind_target(element.value, parts[number].value)
                else:
                    self._bind_target(element.value, value if item is None else None, number)


@cache
def _visitor(kind: type[cst.CSTNode]) -> Callable[[_Collector, Any], bool | None] | None:
    """The method of the collector for nodes of that class."""
    return getattr(_Collector, f"visit_{kind.__name__}", None)
