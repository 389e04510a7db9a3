/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The two lists of system calls behind the named sets of rkt's seccomp guide, NULL-terminated. Both are
 * rkt's, and after them the calls that Linux has got since, as far as libseccomp 2.5 (the oldest supported)
 * knows them. */

/* "@rkt/default-whitelist", "@docker/default-whitelist". Of the new calls those that a general-purpose
 * program may need: C libraries use them, and give up if they are refused with anything but ENOSYS. */
extern const char *const syscalls_allowed[];

/* "@rkt/default-blacklist", "@docker/default-blacklist". Of the new calls those that are old doors by other
 * names. */
extern const char *const syscalls_denied[];
