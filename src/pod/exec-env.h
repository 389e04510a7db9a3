/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/strv.h"

/* The environment that stage1's programs are executed with: known names only, whatever rkt's own is. strv,
 * the caller's. */
int exec_environment(char ***ret);
