/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/diag.h"

/* The strict scanner in front of json-c: RFC 8259 and the further rules in basic/json.h, nothing built. */

/* Where the one value stands in the text, without the white space around it. */
typedef struct JsonSpan {
        size_t begin, end;
} JsonSpan;

/* file: for messages. text need not end in NUL. -EBADMSG with line and column in diag. */
int json_scan(const char *file, const char *text, size_t size, JsonSpan *ret, Diag *diag);

/* The length of the UTF-8 sequence that p begins with, of at most n bytes; 0 if it is not a valid one. */
size_t json_utf8_length(const char *p, size_t n);
