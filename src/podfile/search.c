/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <sys/sysmacros.h>

#include "basic/fs-util.h"
#include "podfile/parser.h"
#include "podfile/search.h"

/* The directories are opened once and files are opened relative to them. Symbolic links are followed: linking
 * a pod file into place is as good as copying it, and "web@1.pod -> web@.pod" declares an instance. */

typedef struct PodFileDir {
        char *path;
        int fd;
        char **entries; /* sorted; of a listed search */
        size_t n_entries;
} PodFileDir;

struct PodFileSearch {
        bool listed;
        PodFileDir *dirs;
        size_t n_dirs;
};

PodFileSearch *podfile_search_free(PodFileSearch *s) {
        if (!s)
                return NULL;

        for (size_t i = 0; i < s->n_dirs; i++) {
                free(s->dirs[i].path);
                safe_close(s->dirs[i].fd);
                strv_free(s->dirs[i].entries);
        }
        free(s->dirs);
        free(s);
        return NULL;
}

static int search_add_dir(PodFileSearch *s, const char *path, Diag *diag) {
        PodFileDir *d = &s->dirs[s->n_dirs];
        _cleanup_close_ int fd = -EBADF;
        int r;

        fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0 && errno == ENOENT)
                return 0;
        if (fd < 0)
                return diag_errno(diag, -errno, "cannot open the directory \"%s\"", path);

        *d = (PodFileDir) { .path = strdup(path), .fd = -EBADF };
        s->n_dirs++;
        if (!d->path)
                return -ENOMEM;

        r = s->listed ? dir_list_at(fd, ".", &d->entries) : 0;
        if (r < 0)
                return diag_errno(diag, r, "cannot read the directory \"%s\"", path);
        d->n_entries = strv_length(d->entries);
        d->fd = TAKE_FD(fd);
        return 0;
}

int podfile_search_new(char *const *dirs, bool listed, PodFileSearch **ret, Diag *diag) {
        _cleanup_(podfile_search_freep) PodFileSearch *s = NULL;

        s = calloc(1, sizeof(PodFileSearch));
        if (!s)
                return -ENOMEM;
        s->listed = listed;
        s->dirs = calloc(strv_length(dirs) + 1, sizeof(PodFileDir));
        if (!s->dirs)
                return -ENOMEM;

        STRV_FOREACH(dir, dirs) {
                int r = search_add_dir(s, *dir, diag);

                if (r < 0)
                        return r;
        }
        *ret = TAKE_PTR(s);
        return 0;
}

static int compare_strings(const void *a, const void *b) {
        return strcmp(*(char *const *) a, *(char *const *) b);
}

/* Whether opening name is worth a try. */
static bool dir_may_have(const PodFileSearch *s, const PodFileDir *d, const char *name) {
        return !s->listed || (d->entries && bsearch(&name, d->entries, strv_length(d->entries),
                                                    sizeof(char *), compare_strings));
}

int podfile_search_stems(const PodFileSearch *s, char ***ret) {
        _cleanup_strv_free_ char **l = NULL;
        size_t n = 0;

        for (size_t i = 0; i < s->n_dirs; i++)
                n += s->dirs[i].n_entries;
        l = calloc(n + 1, sizeof(char *));
        if (!l)
                return -ENOMEM;

        n = 0;
        for (size_t i = 0; i < s->n_dirs; i++)
                STRV_FOREACH(name, s->dirs[i].entries) {
                        const char *suffix = endswith(*name, ".pod");

                        if (!suffix || (*name)[0] == '.')
                                continue;
                        l[n] = strndup(*name, (size_t) (suffix - *name));
                        if (!l[n++])
                                return -ENOMEM;
                }

        strv_sort_unique(l);
        *ret = TAKE_PTR(l);
        return 0;
}

/* Whether there is a pod file for the drop-in directory "STEM.pod.d": STEM's own or its template's. */
static bool dropin_dir_has_file(const PodFileSearch *s, const char *name) {
        _cleanup_free_ char *file = strndup(name, strlen(name) - strlen(".d"));
        _cleanup_free_ char *template = NULL, *template_file = NULL;

        if (!file)
                return true;
        if (pod_name_template(file, &template) >= 0)
                template_file = strjoin(template, ".pod", NULL);

        for (size_t i = 0; i < s->n_dirs; i++)
                if (dir_may_have(s, &s->dirs[i], file) ||
                    (template_file && dir_may_have(s, &s->dirs[i], template_file)))
                        return true;
        return false;
}

int podfile_search_orphans(const PodFileSearch *s, char ***ret) {
        _cleanup_strv_free_ char **l = NULL;

        for (size_t i = 0; i < s->n_dirs; i++)
                STRV_FOREACH(name, s->dirs[i].entries) {
                        int r;

                        if (!endswith(*name, ".pod.d") || (*name)[0] == '.' || dropin_dir_has_file(s, *name))
                                continue;
                        r = strv_extendf(&l, "%s/%s", s->dirs[i].path, *name);
                        if (r < 0)
                                return r;
                }
        *ret = TAKE_PTR(l);
        return 0;
}

void podfile_text_done(PodFileText *t) {
        free(t->path);
        free(t->text);
        *t = (PodFileText) {};
}

void podfile_texts_free(PodFileText *l, size_t n) {
        for (size_t i = 0; i < n; i++)
                podfile_text_done(&l[i]);
        free(l);
}

/* One byte more than the file has, so that one read() tells its end. */
static int read_regular(int fd, size_t size, PodFileText *t) {
        _cleanup_free_ char *text = NULL;
        ssize_t n;

        if (size > PODFILE_SIZE_MAX)
                return -EFBIG;
        text = malloc(size + 2);
        if (!text)
                return -ENOMEM;
        do
                n = read(fd, text, size + 1);
        while (n < 0 && errno == EINTR);
        if (n < 0)
                return -errno;
        if ((size_t) n > size) /* it is being written to; the rest would be a part of something else */
                return -EAGAIN;

        text[n] = '\0';
        t->text = TAKE_PTR(text);
        t->size = (size_t) n;
        return 0;
}

static void text_read_fd(int fd, PodFileText *t) {
        struct stat st;

        if (fstat(fd, &st) < 0)
                t->error = -errno;
        else if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3))
                t->masked = true;
        else if (S_ISDIR(st.st_mode))
                t->error = -EISDIR;
        else if (!S_ISREG(st.st_mode))
                t->error = -ENOTSUP;
        else {
                t->error = read_regular(fd, (size_t) st.st_size, t);
                t->masked = t->error >= 0 && t->size == 0;
        }
}

int podfile_text_read(int dir_fd, const char *dir, const char *name, PodFileText *ret) {
        _cleanup_(podfile_text_done) PodFileText t = {};
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        /* O_NONBLOCK: a FIFO must not hold up the boot. */
        fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
        t.error = fd < 0 ? -errno : 0;
        if (t.error == -ENOENT && fstatat(dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0) {
                *ret = (PodFileText) {};
                return 0;
        }

        t.path = dir ? strjoin(dir, "/", name, NULL) : strdup(name);
        if (!t.path)
                return -ENOMEM;
        if (fd >= 0)
                text_read_fd(fd, &t);
        if (t.error == -ENOMEM)
                return -ENOMEM;

        *ret = t;
        t = (PodFileText) {};
        return 0;
}

int podfile_search_main(const PodFileSearch *s, const char *stem, PodFileText *ret) {
        _cleanup_free_ char *name = strjoin(stem, ".pod", NULL);

        if (!name)
                return -ENOMEM;

        *ret = (PodFileText) {};
        for (size_t i = 0; i < s->n_dirs && !ret->path; i++)
                if (dir_may_have(s, &s->dirs[i], name)) {
                        int r = podfile_text_read(s->dirs[i].fd, s->dirs[i].path, name, ret);

                        if (r < 0)
                                return r;
                }
        return 0;
}

typedef struct DropinName {
        const PodFileDir *dir;
        char *file;       /* "SUB/NAME" below dir */
        const char *name; /* inside file */
} DropinName;

typedef struct DropinNames {
        DropinName *items;
        size_t n;
} DropinNames;

static void dropin_names_done(DropinNames *l) {
        for (size_t i = 0; i < l->n; i++)
                free(l->items[i].file);
        free(l->items);
}

static bool dropin_names_has(const DropinNames *l, const char *name) {
        for (size_t i = 0; i < l->n; i++)
                if (streq(l->items[i].name, name))
                        return true;
        return false;
}

static int dropin_names_add(DropinNames *l, const PodFileDir *dir, const char *sub, const char *name) {
        DropinName *items;
        char *file;

        if (name[0] == '.' || !endswith(name, ".conf") || dropin_names_has(l, name))
                return 0;

        file = strjoin(sub, "/", name, NULL);
        items = file ? reallocarray(l->items, l->n + 1, sizeof(DropinName)) : NULL;
        if (!items) {
                free(file);
                return -ENOMEM;
        }
        l->items = items;
        items[l->n++] = (DropinName) { .dir = dir, .file = file, .name = file + strlen(sub) + 1 };
        return 0;
}

/* A directory that cannot be read is as bad as a file that cannot: it is given as a name, to fail when read.
 */
static int dropin_names_add_dir(DropinNames *l, const PodFileSearch *s, const PodFileDir *dir,
                                const char *sub) {
        _cleanup_strv_free_ char **names = NULL;
        _cleanup_close_ int fd = -EBADF;
        int r;

        if (!dir_may_have(s, dir, sub))
                return 0;
        fd = openat(dir->fd, sub, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return errno == ENOENT ? 0 : dropin_names_add(l, dir, sub, "*.conf");

        r = dir_list_at(fd, ".", &names);
        if (r < 0)
                return r;
        STRV_FOREACH(name, names) {
                r = dropin_names_add(l, dir, sub, *name);
                if (r < 0)
                        return r;
        }
        return 0;
}

static int compare_dropins(const void *a, const void *b) {
        return strcmp(((const DropinName *) a)->name, ((const DropinName *) b)->name);
}

/* systemd's order of precedence for equal file names: the higher directory; in one directory the more special
 * name; what is for all pods last. */
static int dropin_names_gather(DropinNames *l, const PodFileSearch *s, const char *name) {
        _cleanup_free_ char *own = strjoin(name, ".pod.d", NULL), *template = NULL, *shared = NULL;
        int r;

        r = pod_name_template(name, &template);
        if (r >= 0)
                shared = strjoin(template, ".pod.d", NULL);
        if (!own || r == -ENOMEM || (r >= 0 && !shared))
                return -ENOMEM;

        r = 0;
        for (size_t i = 0; r >= 0 && i < s->n_dirs; i++) {
                r = dropin_names_add_dir(l, s, &s->dirs[i], own);
                if (r >= 0 && shared)
                        r = dropin_names_add_dir(l, s, &s->dirs[i], shared);
        }
        for (size_t i = 0; r >= 0 && i < s->n_dirs; i++)
                r = dropin_names_add_dir(l, s, &s->dirs[i], "pod.d");
        if (r < 0)
                return r;

        if (l->n > 0)
                qsort(l->items, l->n, sizeof(DropinName), compare_dropins);
        return 0;
}

int podfile_search_dropins(const PodFileSearch *s, const char *name, PodFileText **ret, size_t *ret_n) {
        _cleanup_(dropin_names_done) DropinNames l = {};
        PodFileText *texts;
        size_t n = 0;
        int r;

        r = dropin_names_gather(&l, s, name);
        if (r < 0)
                return r;
        texts = calloc(l.n + 1, sizeof(PodFileText));
        if (!texts)
                return -ENOMEM;

        for (size_t i = 0; i < l.n; i++) {
                r = podfile_text_read(l.items[i].dir->fd, l.items[i].dir->path, l.items[i].file, &texts[n]);
                if (r < 0) {
                        podfile_texts_free(texts, n);
                        return r;
                }
                if (texts[n].path && !texts[n].masked)
                        n++;
                else
                        podfile_text_done(&texts[n]);
        }
        *ret = texts;
        *ret_n = n;
        return 0;
}
