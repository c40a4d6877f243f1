"""The progress bar of a download, with its rate."""

from collections.abc import Iterator
from contextlib import contextmanager

from tqdm import tqdm

from sarcasm.download import Progress


@contextmanager
def download_bar() -> Iterator[Progress]:
    """Give a function that shows bytes on a bar, and close the bar when the block ends."""
    with tqdm(unit="B", unit_scale=True, unit_divisor=1000, disable=None, leave=False) as bar:

        def show(what: str, done: int, total: int) -> None:
            bar.set_description_str(what, refresh=False)
            bar.total = total
            bar.update(done - bar.n)

        yield show
