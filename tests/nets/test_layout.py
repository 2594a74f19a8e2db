"""What the arrays of a user's net are, told by their shapes alone or by those of the same net of another size."""

import numpy as np
import pytest

from mnistbench.nets.layout import Layout, Shape, read_layout


def layout(*shapes: Shape, like: Layout | None = None) -> Layout:
    return read_layout([np.zeros(shape) for shape in shapes], like)


PLAIN, TURNED = layout((784, 11), (11,), (11, 10), (10,)), layout((11, 784), (11,), (10, 11), (10,))


@pytest.mark.parametrize(("like", "turned"), [(PLAIN, False), (TURNED, True)])
def test_a_square_array_is_turned_where_it_is_in_another_size(like: Layout, turned: bool) -> None:
    first = (10, 784) if turned else (784, 10)
    found = layout(first, (10,), (10, 10), (10,), like=like)
    assert [layer.turned for layer in found.layers] == [turned] * 2


def test_a_square_array_alone_is_turned_where_the_layer_before_it_is() -> None:
    assert [layer.turned for layer in layout((10, 784), (10,), (10, 10), (10,)).layers] == [True, True]
    assert [layer.turned for layer in layout((784, 10), (10,), (10, 10), (10,)).layers] == [False, False]


@pytest.mark.parametrize("shapes", [
    ((784, 10), (10,), (10, 10), (3,)),
    ((784, 10), (10,), (10, 10)),
    ((784, 10), (10,), (10, 10), (10,), (10,)),
    ((), (10,), (10, 10), (10,)),
    ((784, 12), (10,), (12, 10), (10,)),
])  # fmt: skip
def test_what_does_not_chain_is_no_layers_whatever_another_size_was(shapes: tuple[Shape, ...]) -> None:
    assert not layout(*shapes, like=PLAIN).is_two_layers
