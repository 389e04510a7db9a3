/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "basic/fs-util.h"
#include "basic/log.h"
#include "generators/instances.h"
#include "generators/output.h"
#include "layout/pods.h"
#include "podfile/search.h"
#include "podfile/unit-text.h"

/* rkt-generator: drop-ins for the units pod@NAME.service and pod-fetch@NAME.service of all pod files. It runs
 * early at boot and at each reload, before any unit: it reads pod files and the names in unit directories,
 * writes below its output directory, and does nothing else. A pod file with an error becomes a drop-in that
 * makes the start fail and say why; no pod file keeps another from its drop-in. */

typedef struct Generator {
        int output_fd;
        int ready_fd; /* the directory of ready/NAME, or -EBADF: no pod is ready */
        PodFileSearch *search;
        char **stems;
        char **unit_dirs;
} Generator;

static void generator_done(Generator *g) {
        safe_close(g->output_fd);
        safe_close(g->ready_fd);
        podfile_search_free(g->search);
        strv_free(g->stems);
        strv_free(g->unit_dirs);
}

/* When PID 1 starts generators at boot their stderr goes nowhere. */
static void log_to_kernel_if_unheard(void) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        if (fstat(STDERR_FILENO, &st) < 0 || !S_ISCHR(st.st_mode) || st.st_rdev != makedev(1, 3))
                return;
        fd = open(KMSG_PATH, O_WRONLY | O_CLOEXEC | O_NOCTTY);
        if (fd >= 0)
                (void) dup2(fd, STDERR_FILENO);
}

static bool is_ready(const Generator *g, const char *name) {
        return g->ready_fd >= 0 && path_exists_at(g->ready_fd, name) > 0;
}

/* Writes one drop-in for each of the two units; an empty text is none. Failures are logged. */
static void write_dropins(const Generator *g, const char *name, const char *pod_text,
                          const char *fetch_text) {
        const struct {
                const char *prefix, *text;
        } units[] = {
                { "pod-fetch@", fetch_text },
                { "pod@", pod_text },
        };

        for (size_t i = 0; i < ELEMENTSOF(units); i++) {
                _cleanup_free_ char *unit = strjoin(units[i].prefix, name, ".service", NULL);
                _cleanup_diag_ Diag diag = {};
                int r;

                if (!unit) {
                        (void) log_oom();
                        return;
                }
                r = isempty(units[i].text)
                            ? 0
                            : output_dropin(g->output_fd, unit, UNIT_TEXT_MARK, units[i].text, &diag);
                if (r < 0)
                        (void) log_diag(&diag, r);
        }
}

static int write_pod(const Generator *g, const PodFile *f) {
        _cleanup_free_ char *pod = NULL, *fetch = NULL;
        int r;

        r = unit_text_pod(f, &pod);
        /* Waiting for the network would hold up the boot for nothing if no byte has to come over it. */
        if (r >= 0 && !is_ready(g, f->name))
                r = unit_text_fetch(f, &fetch);
        if (r < 0)
                return r;
        write_dropins(g, f->name, pod, fetch);
        return 0;
}

static int write_masked(const Generator *g, const char *name, const char *path) {
        _cleanup_free_ char *pod = NULL, *fetch = NULL;
        int r;

        r = unit_text_masked(path, &pod);
        if (r >= 0)
                r = unit_text_fetch_nothing(path, &fetch);
        if (r < 0)
                return r;
        write_dropins(g, name, pod, fetch);
        return 0;
}

static int write_error(const Generator *g, const char *name, const char *path, const Diag *d) {
        _cleanup_free_ char *line = diag_format_line(d), *message = NULL, *pod = NULL, *fetch = NULL;
        int r;

        message = !line ? NULL : d->file ? strdup(line) : strjoin(path, ": ", line, NULL);
        if (!message)
                return -ENOMEM;
        log_error("%s", message);

        r = unit_text_error(path, POD_ERROR_PROGRAM, message, &pod);
        if (r >= 0)
                r = unit_text_fetch_nothing(path, &fetch);
        if (r < 0)
                return r;
        write_dropins(g, name, pod, fetch);
        return 0;
}

/* stem: of the pod file, which may be the template of name. */
static int process(const Generator *g, const char *name, const char *stem) {
        PodFileLoad load = { .name = name, .stem = stem };
        _cleanup_(podfile_freep) PodFile *f = NULL;
        _cleanup_free_ char *path = NULL;
        _cleanup_diag_ Diag diag = {};
        int r;

        r = podfile_search_load(g->search, &load, &f, &diag);
        path = load.path;
        if (r == -EINVAL) { /* the name; so the file was not looked for */
                path = strjoin(stem, ".pod", NULL);
                return path ? write_error(g, name, path, &diag) : -ENOMEM;
        }
        if (r == -EBADMSG)
                return write_error(g, name, path, &diag);
        if (r == -ERFKILL)
                return write_masked(g, name, path);
        if (r == -ENOENT) /* removed just now */
                return 0;
        return r < 0 ? r : write_pod(g, f);
}

static int process_template(const Generator *g, const char *stem, char *const *instances) {
        STRV_FOREACH(name, instances) {
                int r;

                if (!startswith(*name, stem) || strchr(*name, '@') != *name + strlen(stem) - 1 ||
                    strv_contains(g->stems, *name))
                        continue;
                r = process(g, *name, stem);
                if (r < 0)
                        return r;
        }
        return 0;
}

static bool is_template(const char *stem) {
        const char *at = strchr(stem, '@');

        return at && at[1] == '\0';
}

static bool has_template(char *const *stems) {
        STRV_FOREACH(stem, stems)
                if (is_template(*stem))
                        return true;
        return false;
}

static int process_all(const Generator *g) {
        _cleanup_strv_free_ char **instances = NULL;
        int r = 0;

        if (has_template(g->stems))
                r = instances_find(g->unit_dirs, &instances);

        STRV_FOREACH(stem, g->stems) {
                if (r < 0)
                        return r;
                if (!pod_name_fits_unit(*stem))
                        log_warning("ignoring \"%s.pod\": this cannot be a pod's name", *stem);
                else if (is_template(*stem))
                        r = process_template(g, *stem, instances);
                else
                        r = process(g, *stem, *stem);
        }
        return r;
}

/* The colon-separated absolute paths, below root. */
static int paths_below(const char *root, const char *paths, char ***ret) {
        _cleanup_strv_free_ char **relative = NULL, **l = NULL;
        int r;

        r = strv_split(paths, ":", &relative);
        STRV_FOREACH(path, relative)
                if (r >= 0)
                        r = strv_consume(&l, strjoin(root, *path, NULL));
        if (r >= 0)
                *ret = TAKE_PTR(l);
        return r;
}

static int generator_open(Generator *g, const char *output, Diag *diag) {
        const char *root = strempty(secure_getenv("RKT_GENERATOR_ROOT"));
        _cleanup_free_ char *ready = strjoin(root, RKT_DATA_DIR "/" READY_DIR, NULL);
        _cleanup_strv_free_ char **pod_dirs = NULL;
        int r;

        if (!ready)
                return -ENOMEM;
        g->output_fd = open(output, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (g->output_fd < 0)
                return diag_errno(diag, -errno, "cannot open the output directory \"%s\"", output);
        g->ready_fd = open(ready, O_PATH | O_DIRECTORY | O_CLOEXEC);

        r = paths_below(root, POD_FILE_DIRS, &pod_dirs);
        if (r >= 0)
                r = paths_below(root, UNIT_DIRS, &g->unit_dirs);
        if (r >= 0)
                r = podfile_search_new(pod_dirs, /* listed= */ true, &g->search, diag);
        return r < 0 ? r : podfile_search_stems(g->search, &g->stems);
}

/* argv: the normal, early and late output directories, systemd.generator(7). */
int main(int argc, char **argv) {
        _cleanup_(generator_done) Generator g = { .output_fd = -EBADF, .ready_fd = -EBADF };
        _cleanup_diag_ Diag diag = {};
        int r;

        (void) fd_fix_stdio();
        log_to_kernel_if_unheard();
        log_setup("rkt-generator", /* debug= */ false);
        umask(0022);

        if (argc != 2 && argc != 4) {
                log_error("this program is run by systemd, with one or three output directories");
                return EXIT_FAILURE;
        }

        r = generator_open(&g, argv[1], &diag);
        if (r >= 0)
                r = process_all(&g);
        if (r < 0)
                (void) log_diag(&diag, r);
        return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
