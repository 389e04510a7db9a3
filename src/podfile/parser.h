/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "basic/ini.h"
#include "podfile/podfile.h"

/* Inside podfile/ only: the state of reading one pod file with its drop-ins. Mistakes of the user are notes,
 * and reading goes on; every function here returns negative only when it cannot go on (-ENOMEM). */

/* Limits that no pod file comes near; they bound the time and the memory that a file can take. */
#define PODFILE_SIZE_MAX (1024 * 1024) /* bytes of one file */
#define PODFILE_APPS_MAX 256
#define PODFILE_LIST_MAX 1024          /* entries of one list */
#define PODFILE_REFERENCES_MAX 16384
#define PODFILE_LINES_MAX 16384        /* of [Unit], [Service] and [Install] */
#define PODFILE_VALUE_MAX (256 * 1024) /* bytes of one value, far below systemd's own line limit */

typedef struct PodFilePosition {
        unsigned file_index; /* into PodFileParser.files */
        unsigned line, column;
} PodFilePosition;

typedef enum PodFileReferenceKind {
        REFERENCE_VOLUME,
        REFERENCE_AFTER,
        REFERENCE_REQUIRES,
} PodFileReferenceKind;

typedef struct PodFileReference { /* by an app, to something that may be declared later */
        PodFileReferenceKind kind;
        size_t app;
        char *name;
        PodFilePosition position;
} PodFileReference;

typedef struct PodFileNote {
        FindingLevel level;
        bool is_unknown; /* what OnUnknownKey=warn makes a warning */
        bool is_late;    /* of check.c: often only the consequence of one that is not */
        PodFilePosition position;
        char *message;
} PodFileNote;

typedef struct PodFileAssignment { /* of an [App] section whose Name= is not known yet */
        char *key, *value;
        unsigned line, key_column, value_column;
} PodFileAssignment;

typedef struct PodFileParser {
        PodFile *pod;
        char **files; /* main file first */
        PodFilePosition position; /* of what is being read: its value */

        PodFileNote *notes;
        size_t n_notes;
        bool unknown_key_warns;
        bool checking;
        bool broken;  /* a file could not be read to its end: what is missing is no finding */
        PodFileNote too_new; /* message: MinVersion= is above ours, and what else is wrong is no finding */

        PodFileReference *references;
        size_t n_references;

        PodFileAssignment *pending; /* the open [App] section */
        size_t n_pending, n_pending_allocated;
        bool in_app;
        PodFilePosition app_position;

        size_t app; /* index of the app whose keys are being read */
        bool has_pod_section;
        PodFilePosition pod_position, net_position, insecure_position;
        unsigned section_id;
        int section; /* PodFileSection */
} PodFileParser;

void podfile_parser_done(PodFileParser *p);
int podfile_parser_init(PodFileParser *p, const char *name);

/* Reads one file, the main one first. problem: the file could not be read; the message to note instead. */
int podfile_parser_file(PodFileParser *p, const char *path, const char *text, size_t size);
int podfile_parser_unreadable(PodFileParser *p, const char *path, int error);
/* What can be said only at the end; check.c. */
int podfile_parser_check(PodFileParser *p);
/* The notes in the order of files and lines. */
int podfile_parser_findings(PodFileParser *p, FindingList *l);
/* The one to report if only one is: 0, or -EBADMSG with it in diag. After podfile_parser_findings(). */
int podfile_parser_error(const PodFileParser *p, Diag *diag);

int podfile_reference_add(PodFileParser *p, PodFileReferenceKind kind, const char *name);
void podfile_reference_drop(PodFileParser *p, PodFileReferenceKind kind);

/* A line of [Unit], [Service] or [Install]; verbatim.c. */
int podfile_verbatim(PodFileParser *p, const char *section, const IniEvent *e);
