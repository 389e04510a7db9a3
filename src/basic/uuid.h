/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include <stdint.h>

#include "basic/macro.h"

/* Random (version 4) UUIDs, RFC 4122. */

#define UUID_STRING_MAX 37

typedef struct Uuid {
        uint8_t bytes[16];
} Uuid;

int uuid_generate(Uuid *ret);
/* "8-4-4-4-12" lower-case hex only; -EINVAL. */
int uuid_parse(const char *s, Uuid *ret);
void uuid_format(const Uuid *u, char ret[UUID_STRING_MAX]);
/* The id of this boot, from the kernel: another one after each start of the machine. */
int uuid_boot(char ret[UUID_STRING_MAX]);
