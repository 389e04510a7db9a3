/* SPDX-License-Identifier: Apache-2.0 */

#include "podfile/search.h"

/* All pod files at once: what is declared, and what is wrong with any of it. */

static bool stem_is_masked(const PodFileSearch *s, const char *stem) {
        _cleanup_(podfile_text_done) PodFileText t = {};

        return podfile_search_main(s, stem, &t) >= 0 && t.masked;
}

int podfile_list(char *const *dirs, char ***ret) {
        _cleanup_(podfile_search_freep) PodFileSearch *s = NULL;
        _cleanup_strv_free_ char **stems = NULL, **l = NULL;
        int r;

        r = podfile_search_new(dirs, /* listed= */ true, &s, /* diag= */ NULL);
        if (r >= 0)
                r = podfile_search_stems(s, &stems);
        if (r < 0)
                return r;

        STRV_FOREACH(stem, stems) {
                if (!(pod_name_is_valid(*stem) || pod_name_is_template(*stem)) || stem_is_masked(s, *stem))
                        continue;
                r = strv_extend(&l, *stem);
                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(l);
        return 0;
}

static int add_whole_file(FindingList *l, FindingLevel level, const char *path, const char *message) {
        return finding_list_add(l, &(Finding) {
                .level = level,
                .file = (char *) path,
                .message = (char *) message,
        });
}

static int refuse_stem(const PodFileSearch *s, const char *stem, const Diag *d, FindingList *findings) {
        _cleanup_(podfile_text_done) PodFileText t = {};
        int r;

        r = podfile_search_main(s, stem, &t);
        if (r < 0 || t.masked)
                return r;
        return add_whole_file(findings, FINDING_ERROR, t.path ?: stem,
                              d->message ?: "invalid name of a pod file");
}

static int verify_stem(const PodFileSearch *s, const char *stem, FindingList *findings) {
        _cleanup_(podfile_freep) PodFile *f = NULL;
        _cleanup_free_ char *name = NULL, *path = NULL;
        _cleanup_diag_ Diag diag = {};
        PodFileLoad load = { .stem = stem, .findings = findings };
        int r;

        name = strjoin(stem, pod_name_is_template(stem) ? "1" : "", NULL);
        if (!name)
                return -ENOMEM;

        load.name = name;
        r = podfile_search_load(s, &load, &f, &diag);
        path = load.path;
        if (r == -EINVAL)
                return refuse_stem(s, stem, &diag, findings);
        /* what -EBADMSG means is in findings; a masked file says nothing; one that has just gone is no
         * finding */
        return r == -ENOMEM ? r : 0;
}

int podfile_verify_all(char *const *dirs, FindingList *findings, Diag *diag) {
        _cleanup_(podfile_search_freep) PodFileSearch *s = NULL;
        _cleanup_strv_free_ char **stems = NULL, **orphans = NULL;
        int r;

        r = podfile_search_new(dirs, /* listed= */ true, &s, diag);
        if (r >= 0)
                r = podfile_search_stems(s, &stems);
        if (r >= 0)
                r = podfile_search_orphans(s, &orphans);

        STRV_FOREACH(stem, stems) {
                if (r < 0)
                        return r;
                r = verify_stem(s, *stem, findings);
        }
        STRV_FOREACH(path, orphans) {
                if (r < 0)
                        return r;
                r = add_whole_file(findings, FINDING_WARNING, *path, "drop-ins without a pod file");
        }
        return r;
}
