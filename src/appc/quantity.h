/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "basic/diag.h"

/* Kubernetes resource quantities, as appc's resource isolators have them: a decimal number with a suffix,
 *     n u m (none) k M G T P E     powers of 1000 (K is taken for k)
 *     Ki Mi Gi Ti Pi Ei            powers of 1024
 *     e3 E-2 …                     powers of ten
 * "500m", "1.5", "42Mi", "50M", "1e3". */

#define QUANTITY_LENGTH_MAX 64

/* In thousandths of the unit: rounded away from zero, and what is too large for an int64_t is INT64_MAX (or
 * -INT64_MAX), as appc does it. -EINVAL with diag. */
int quantity_parse_milli(const char *s, int64_t *ret, Diag *diag);

/* The form in which appc's encoder writes a quantity ("0.5" as "500m", "1024Ki" as "1Mi"); s itself where
 * that would have to round. -EINVAL with diag. */
int quantity_canonical(const char *s, char **ret, Diag *diag);
