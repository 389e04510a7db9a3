/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>
#include <sys/resource.h>

#include "basic/cleanup.h"

/* What the confinements of the helpers are made of. Each returns 0 or a negative errno, and can't be
 * undone. */

typedef struct ConfineLimit {
        int resource;
        rlim_t value; /* or the present maximum, if that is lower */
} ConfineLimit;

int confine_limits(const ConfineLimit *limits, size_t n);
/* keep: mask of (1 << CAP_x). The bounding set first: dropping from it takes a capability of its own. */
int confine_bounding_set(uint64_t keep);
int confine_capabilities(uint64_t keep);
int confine_no_new_privileges(void);

/* A filter that allows what is added to it, of a call's name those that this architecture has. Everything
 * else fails with ENOSYS, which makes C libraries take their fallbacks. */
typedef void *ConfineFilter; /* libseccomp's context */

/* Adds to the filter with libseccomp; a negative errno. */
typedef int (*ConfineRules)(ConfineFilter filter, const void *userdata);

int confine_allow_calls(ConfineFilter filter, const char *const *names, size_t n);
/* With sanitizers in the program it does nothing: they make calls of their own. */
int confine_system_calls(ConfineRules add_rules, const void *userdata);
