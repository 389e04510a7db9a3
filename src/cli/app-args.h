/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "cli/verb.h"
#include "pod/spec.h"

/* "IMAGE [APP OPTIONS] [-- ARGS] [---] IMAGE…", as run, prepare and fetch take it. */

/* The rows that follow an image in run and prepare, and those of fetch (--signature). */
extern const Option app_options_run[];
extern const Option app_options_fetch[];

/* groups: the verb's and the global rows. Images go to the PodSpec at v->spec_offset in options. */
int app_args_parse(const Verb *v, const OptionGroup *groups, size_t n_groups, void *options,
                   char *const *args, Diag *diag);
