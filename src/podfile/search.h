/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

#include "podfile/podfile.h"

/* Pod files by name in their directories. Who loads one pod lets the directories be probed, who loads all has
 * them listed once. */

typedef struct PodFileSearch PodFileSearch;

/* dirs: highest first; absent ones are skipped. */
int podfile_search_new(char *const *dirs, bool listed, PodFileSearch **ret, Diag *diag);
PodFileSearch *podfile_search_free(PodFileSearch *s);
DEFINE_POINTER_CLEANUP(PodFileSearch *, podfile_search_free)

/* Of a listed search: the stems of all "STEM.pod", sorted, each once, valid names or not; templates: "NAME@".
 */
int podfile_search_stems(const PodFileSearch *s, char ***ret);
/* Of a listed search: "DIR/STEM.pod.d" of all drop-in directories without pod file. */
int podfile_search_orphans(const PodFileSearch *s, char ***ret);

/* The text of a file, or why there is none. */
typedef struct PodFileText {
        char *path; /* NULL: there is no such file */
        bool masked; /* empty, or /dev/null */
        int error;   /* negative: it cannot be read */
        char *text;
        size_t size;
} PodFileText;

void podfile_text_done(PodFileText *t);
/* dir_fd: of the directory that dir names, or AT_FDCWD. Negative only for -ENOMEM. */
int podfile_text_read(int dir_fd, const char *dir, const char *name, PodFileText *ret);
/* STEM.pod in the first directory that has it. */
int podfile_search_main(const PodFileSearch *s, const char *stem, PodFileText *ret);
/* The drop-ins of pod name, which may be an instance, in the order to read them; masked ones are left out. */
int podfile_search_dropins(const PodFileSearch *s, const char *name, PodFileText **ret, size_t *ret_n);
void podfile_texts_free(PodFileText *l, size_t n);

/* As podfile_load(); also says where the main file is. */
typedef struct PodFileLoad {
        const char *name;      /* of the pod */
        const char *stem;      /* of the file; NULL: the pod's name, else its template's */
        char *path; /* out: of the main file as far as it was found, also on failure; the caller's */
        FindingList *findings; /* or NULL */
} PodFileLoad;

int podfile_search_load(const PodFileSearch *s, PodFileLoad *load, PodFile **ret, Diag *diag);
