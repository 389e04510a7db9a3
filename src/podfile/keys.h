/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "podfile/parser.h"

/* The table of all keys of [Pod] and [App]. */

typedef enum PodFileSection {
        SECTION_NONE,
        SECTION_UNIT,
        SECTION_POD,
        SECTION_APP,
        SECTION_SERVICE,
        SECTION_INSTALL,
        SECTION_IGNORED, /* [X-…] */
        SECTION_UNKNOWN,
        _SECTION_MAX,
} PodFileSection;

/* Which capability of rkt brings a key. */
typedef enum PodFileCapability {
        IN_ROAD,
        IN_IMG,
        IN_RUN,
        IN_NET,
        IN_MORE,
} PodFileCapability;

typedef struct PodFileKey PodFileKey;

/* Reads value, which is never empty, into target. What is wrong with it is a note. */
typedef int (*PodFileParseFunc)(PodFileParser *p, const PodFileKey *key, void *target, const char *value);

struct PodFileKey {
        PodFileSection section;
        const char *name;
        PodFileCapability in;
        PodFileParseFunc parse;   /* IN_ROAD only */
        void (*reset)(PodFileParser *p, void *target); /* for the empty assignment; NULL: reads def */
        size_t offset;            /* of target in PodFile or PodFileApp */
        const char *def;          /* default, where the empty assignment reads it */
        const char *later;        /* known values that a later capability brings, separated by spaces */
};

/* NULL: unknown. */
const PodFileKey *podfile_key_find(PodFileSection section, const char *name);
/* For the checks and the manual: all keys in order; NULL past the end. */
const PodFileKey *podfile_key_at(size_t i);
/* What to say after 'unknown key "NAME=" in [SECTION]', "" if nothing is near. NULL: out of memory. */
char *podfile_key_hint(PodFileSection section, const char *name);

PodFileSection podfile_section_from_name(const char *name);
const char *podfile_section_name(PodFileSection s);
char *podfile_section_hint(const char *name);
