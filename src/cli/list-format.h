/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "pod/lifecycle.h"

/* What rkt list, rkt status and rkt image list share: --format, and a pod as JSON. */

typedef enum OutputFormat {
        OUTPUT_TABBED,
        OUTPUT_JSON,
        OUTPUT_JSON_PRETTY,
} OutputFormat;

/* "", "json", "json-pretty"; NULL is "". */
int output_format_parse(const char *s, OutputFormat *ret, Diag *diag);
/* "NAME:VERSION" or "NAME" of an image, as lists print it. */
char *list_timestamp(usec_t t, bool full, usec_t now);
void pod_write_json(const PodStatus *s, JsonWriter *w);
/* Prints the writer's text and a newline. */
int json_writer_print(JsonWriter *w, Diag *diag);
