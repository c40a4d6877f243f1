"""What the stages import, before torch and numpy. Functions take and return values; paths are for the stages."""

import os
import platform
import sys
from types import TracebackType

# The same bytes on every x86-64 processor with AVX2: without these settings torch, its libraries oneDNN and MKL, and
# OpenBLAS sum in another order where there are wider instructions. With HEADLINES_NATIVE=1 they are not made: somewhat
# faster on a processor with AVX-512, with other last digits.
if platform.machine() in ("x86_64", "AMD64") and not os.environ.get("HEADLINES_NATIVE"):
    os.environ |= {
        "ATEN_CPU_CAPABILITY": "avx2",
        "ONEDNN_MAX_CPU_ISA": "AVX2",
        "MKL_CBWR": "COMPATIBLE",
        "OPENBLAS_CORETYPE": "Haswell",
    }


def _end_quietly(kind: type[BaseException], error: BaseException, traceback: TracebackType | None) -> None:
    """Print the traceback of any exception but that of ctrl-C, also while torch is still being imported."""
    if not issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error, traceback)


sys.excepthook = _end_quietly
