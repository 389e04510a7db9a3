/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Exit codes of all our programs, rkt(1). An app's own code is passed on as it is. */
enum {
        EXIT_RKT_OK = 0,
        EXIT_RKT_USAGE = 2,     /* rkt without a verb */
        EXIT_RKT_FAILURE = 254, /* any failure of rkt itself */
};

/* rkt pod verify */
enum {
        EXIT_VERIFY_CLEAN = 0,
        EXIT_VERIFY_WARNINGS = 1,
        EXIT_VERIFY_ERRORS = 2,
};
