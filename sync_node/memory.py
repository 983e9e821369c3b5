"""How a process that ticks uses memory: a box has little, and a tick's buffers come and go.

glibc by itself gives each thread an arena, and after the first large buffer takes all others from
the heap, where what is freed in between isn't given back. Here there is one arena, and a large
buffer goes back to the system at once. The garbage collector, which Python runs after each 700
objects, goes by larger steps: a tick makes hundreds of thousands that all live, and few circles.
"""

import ctypes
import gc

_LARGE_BYTES = 512 * 1024
_OBJECTS = 20_000
_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # of glibc's malloc.h


def be_thrifty() -> None:
    """Set how memory is used. Before threads are started; elsewhere than on glibc less is set."""
    gc.set_threshold(_OBJECTS)
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt:
        mallopt(_M_ARENA_MAX, 1)
        mallopt(_M_MMAP_THRESHOLD, _LARGE_BYTES)
