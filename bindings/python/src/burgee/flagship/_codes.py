"""Numbers of the C interface, as burgee.h has them."""

from __future__ import annotations

# burgee_code
OK = 0
PARSE_ERROR = 4
FORKED = 13

# burgee_flag_status
NOT_FOUND = 0
PANIC = 3
READABLE = (1, 2)  # fetched, and fetched before the visitor changed

# burgee_exposure
EXPOSURE_NOT_READY = 2
EXPOSURE_PANIC = 3
EXPOSED_NOT_FOUND = 5
# NO_CONSENT and DROPPED, in words.
REFUSED = {4: "the visitor has not given consent", 7: "the queue is full"}
