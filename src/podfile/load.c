/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "basic/path-util.h"
#include "podfile/parser.h"
#include "podfile/search.h"

/* Loading: the main file is the pod's own, or else its template's; then its drop-ins; then the checks that
 * need all of it. */

static int parse_text(PodFileParser *p, const PodFileText *t) {
        return t->error < 0 ? podfile_parser_unreadable(p, t->path, t->error)
                            : podfile_parser_file(p, t->path, t->text, t->size);
}

/* Gives the findings away, and the pod file if there is no error among them. */
static int finish(PodFileParser *p, PodFile **ret, FindingList *findings, Diag *diag) {
        _cleanup_(finding_list_done) FindingList l = {};
        int r;

        r = podfile_parser_check(p);
        if (r >= 0)
                r = podfile_parser_findings(p, &l);
        if (r < 0)
                return r;

        r = podfile_parser_error(p, diag);
        if (findings && finding_list_move(findings, &l) < 0)
                return -ENOMEM;
        if (r >= 0)
                *ret = TAKE_PTR(p->pod);
        return r;
}

/* stem NULL: the pod's own file, else its template's. */
static int find_main(const PodFileSearch *s, const PodFileLoad *load, PodFileText *ret) {
        _cleanup_free_ char *template = NULL;
        int r;

        r = podfile_search_main(s, load->stem ?: load->name, ret);
        if (r < 0 || ret->path || load->stem)
                return r;

        r = pod_name_template(load->name, &template);
        if (r < 0)
                return r == -EINVAL ? 0 : r;
        return podfile_search_main(s, template, ret);
}

static int parse_with_dropins(PodFileParser *p, const PodFileSearch *s, const PodFileText *main_file) {
        PodFileText *dropins = NULL;
        size_t n = 0;
        int r;

        r = podfile_search_dropins(s, p->pod->name, &dropins, &n);
        if (r < 0)
                return r;

        p->pod->path = strdup(main_file->path);
        r = p->pod->path ? parse_text(p, main_file) : -ENOMEM;
        for (size_t i = 0; r >= 0 && i < n; i++) {
                r = parse_text(p, &dropins[i]);
                if (r >= 0)
                        r = strv_extend(&p->pod->dropins, dropins[i].path);
        }
        podfile_texts_free(dropins, n);
        return r;
}

int podfile_search_load(const PodFileSearch *s, PodFileLoad *load, PodFile **ret, Diag *diag) {
        _cleanup_(podfile_text_done) PodFileText main_file = {};
        _cleanup_(podfile_parser_done) PodFileParser p = {};
        int r;

        load->path = NULL;
        r = pod_name_check(load->name, diag);
        if (r < 0)
                return r;

        r = find_main(s, load, &main_file);
        if (r < 0)
                return r;
        if (!main_file.path)
                return diag_set(diag, -ENOENT, "there is no pod file \"%s.pod\"", load->name);
        load->path = strdup(main_file.path);
        if (!load->path)
                return -ENOMEM;
        if (main_file.masked)
                return diag_set_at(diag, -ERFKILL, main_file.path, 0, 0,
                                   "the pod file is masked: it is empty or a "
                                   "link to /dev/null");

        r = podfile_parser_init(&p, load->name);
        if (r >= 0)
                r = parse_with_dropins(&p, s, &main_file);
        return r < 0 ? r : finish(&p, ret, load->findings, diag);
}

int podfile_load(char *const *dirs, const char *name, PodFile **ret, FindingList *findings, Diag *diag) {
        _cleanup_(podfile_search_freep) PodFileSearch *s = NULL;
        PodFileLoad load = { .name = name, .findings = findings };
        int r;

        r = podfile_search_new(dirs, /* listed= */ false, &s, diag);
        if (r < 0)
                return r;

        r = podfile_search_load(s, &load, ret, diag);
        free(load.path);
        if (r == -ENOENT) {
                _cleanup_free_ char *where = strv_join(dirs, ", ");

                return where ? diag_hint(diag, r, "pod files are looked for in %s", where) : -ENOMEM;
        }
        return r;
}

/* The pod's name from a file's; a template stands for one of its instances. */
static int name_from_path(const char *path, char **ret, Diag *diag) {
        _cleanup_free_ char *stem = NULL, *name = NULL;
        const char *base = path_basename(path), *suffix = endswith(base, ".pod");

        if (!suffix)
                return diag_set(diag, -EINVAL, "the name of a pod file ends in \".pod\"");

        stem = strndup(base, (size_t) (suffix - base));
        if (!stem)
                return -ENOMEM;
        name = pod_name_is_template(stem) ? strjoin(stem, "1", NULL) : strdup(stem);
        if (!name)
                return -ENOMEM;
        *ret = TAKE_PTR(name);
        return pod_name_check(*ret, diag);
}

/* A file's name is no line of it, but a finding all the same. */
static int refuse_name(const char *path, FindingList *findings, Diag *diag) {
        _cleanup_free_ char *message =
                strdup(diag && diag->message ? diag->message : "invalid name of a pod file");
        Finding f = { .level = FINDING_ERROR, .file = (char *) path, .message = message };

        if (!message || (findings && finding_list_add(findings, &f) < 0))
                return -ENOMEM;
        return diag_set_at(diag, -EBADMSG, path, 0, 0, "%s", message);
}

int podfile_load_file(const char *path, PodFile **ret, FindingList *findings, Diag *diag) {
        _cleanup_(podfile_text_done) PodFileText t = {};
        _cleanup_(podfile_parser_done) PodFileParser p = {};
        _cleanup_free_ char *name = NULL;
        _cleanup_diag_ Diag own = {};
        int r;

        r = podfile_text_read(AT_FDCWD, /* dir= */ NULL, path, &t);
        if (r < 0)
                return r;
        if (!t.path)
                return diag_errno(diag, -ENOENT, "cannot read the pod file \"%s\"", path);

        r = name_from_path(path, &name, diag ?: &own);
        if (r == -EINVAL)
                return refuse_name(path, findings, diag ?: &own);
        if (r < 0)
                return r;
        if (t.masked)
                return diag_set_at(diag, -ERFKILL, path, 0, 0,
                                   "the pod file is masked: it is empty or /dev/null");

        r = podfile_parser_init(&p, name);
        if (r >= 0)
                p.pod->path = strdup(path);
        if (r >= 0)
                r = p.pod->path ? parse_text(&p, &t) : -ENOMEM;
        return r < 0 ? r : finish(&p, ret, findings, diag);
}
