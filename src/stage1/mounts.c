/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "layout/pods.h"
#include "stage1/mounts.h"

/* systemd-nspawn mounts the volumes straight into the apps' root file systems, once; from there each start
 * of an app takes them along. Units mount only those whose target is below /dev or /run, where the app gets
 * other file systems than its image's.
 *
 * Targets are resolved in the app's root by openat2(), and missing directories made in the same walk. Real
 * paths below /proc and /sys are refused: a volume there could stand in for what is read to protect the
 * host. */

#define DIR_MODE 0755
#define FILE_MODE 0644

static const char *const forbidden_targets[] = { "/proc", "/sys" };
static const char *const late_targets[] = { "/dev", "/run" };

static bool path_is_under_any(const char *path, const char *const *dirs, size_t n) {
        for (size_t i = 0; i < n; i++)
                if (path_is_under(path, dirs[i]))
                        return true;
        return false;
}

static int fd_path(int fd, char **ret) {
        _cleanup_free_ char *link = xasprintf("/proc/self/fd/%d", fd);

        if (!link)
                return -ENOMEM;
        *ret = realpath(link, NULL);
        return *ret ? 0 : -errno;
}

/* The path that fd has below root_fd, as "/…". */
static int path_below(int root_fd, int fd, char **ret) {
        _cleanup_free_ char *root = NULL, *path = NULL;
        const char *rest;
        int r;

        r = fd_path(root_fd, &root);
        if (r >= 0)
                r = fd_path(fd, &path);
        if (r < 0)
                return r;

        rest = startswith(path, root);
        if (!rest || (*rest && *rest != '/'))
                return -EXDEV;
        *ret = strdup(*rest ? rest : "/");
        return *ret ? 0 : -ENOMEM;
}

static int open_file_target(int root_fd, const char *path) {
        _cleanup_free_ char *parent = NULL;
        _cleanup_close_ int dir_fd = -EBADF, made = -EBADF;
        const char *name = path_basename(path);
        int fd;

        fd = open_in_root(root_fd, path, O_PATH | O_CLOEXEC, 0);
        if (fd != -ENOENT)
                return fd;

        parent = strndup(path, (size_t) (name - path));
        if (!parent)
                return -ENOMEM;
        dir_fd = mkdir_p_in_root(root_fd, parent, DIR_MODE);
        if (dir_fd < 0)
                return dir_fd;
        made = openat(dir_fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, FILE_MODE);
        if (made < 0)
                return -errno;
        fd = openat(dir_fd, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

static int make_waiting_place(int stage1_fd, const AppPlan *a, size_t i, bool directory) {
        _cleanup_free_ char *path = mount_late_source(a, i);
        _cleanup_close_ int fd = -EBADF;

        if (!path)
                return -ENOMEM;
        fd = directory ? mkdir_p_in_root(stage1_fd, path, DIR_MODE) : open_file_target(stage1_fd, path);
        return fd < 0 ? fd : 0;
}

static int check_target(const AppPlan *a, const MountPlan *m, Diag *diag) {
        if (streq(m->target, "/") ||
            path_is_under_any(m->target, forbidden_targets, ELEMENTSOF(forbidden_targets)))
                return diag_set(diag, -EPERM, "volume \"%s\" cannot be mounted on \"%s\"", m->volume,
                                m->target);

        for (const MountPlan *other = a->mounts; other < m; other++)
                if (streq(other->target, m->target))
                        return diag_set(diag, -EEXIST, "volumes \"%s\" and \"%s\" are both mounted on \"%s\"",
                                        other->volume, m->volume, m->target);
        return 0;
}

/* 1: a directory, 0: a file, -ENOENT: systemd-nspawn will say so. */
static int source_is_directory(const MountPlan *m, Diag *diag) {
        struct stat st;

        if (m->implicit)
                return 1;
        if (stat(m->source, &st) < 0)
                return errno == ENOENT ? -ENOENT
                                       : diag_errno(diag, -errno, "Failed to stat %s", m->source);
        return S_ISDIR(st.st_mode);
}

static int prepare_mount(int stage1_fd, int root_fd, AppPlan *a, size_t i, Diag *diag) {
        MountPlan *m = &a->mounts[i];
        _cleanup_close_ int fd = -EBADF;
        int r, directory;

        directory = source_is_directory(m, diag);
        if (directory == -ENOENT) {
                m->target = strdup(m->path);
                return m->target ? 0 : -ENOMEM;
        }
        if (directory < 0)
                return directory;

        fd = directory ? mkdir_p_in_root(root_fd, m->path, DIR_MODE) : open_file_target(root_fd, m->path);
        if (fd < 0)
                return diag_errno(diag, fd, "cannot prepare \"%s\" for volume \"%s\"", m->path, m->volume);
        r = path_below(root_fd, fd, &m->target);
        if (r >= 0)
                r = check_target(a, m, diag);
        if (r < 0)
                return r;

        m->late = path_is_under_any(m->target, late_targets, ELEMENTSOF(late_targets));
        return m->late && !m->implicit ? make_waiting_place(stage1_fd, a, i, directory) : 0;
}

int mounts_prepare(PodPlan *p, int pod_fd, Diag *diag) {
        _cleanup_close_ int stage1_fd = -EBADF;

        stage1_fd = openat(pod_fd, POD_STAGE1_ROOTFS, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (stage1_fd < 0)
                return -errno;

        for (size_t i = 0; i < p->n_apps; i++) {
                AppPlan *a = &p->apps[i];
                _cleanup_close_ int root_fd = -EBADF;

                if (a->n_mounts == 0)
                        continue;
                root_fd = app_rootfs_open(pod_fd, a->name, diag);
                if (root_fd < 0)
                        return root_fd;
                for (size_t k = 0; k < a->n_mounts; k++) {
                        int r = prepare_mount(stage1_fd, root_fd, a, k, diag);
                        if (r < 0)
                                return diag_wrap(diag, r, "cannot mount the volumes of app \"%s\"", a->name);
                }
        }
        return 0;
}

char *mount_late_source(const AppPlan *a, size_t i) {
        if (a->mounts[i].implicit)
                return strjoin("/" STAGE1_APPS_DIR "/", a->name, "/rootfs", a->mounts[i].target, NULL);
        return xasprintf("/" STAGE1_VOLUMES_DIR "/%s.%zu", a->name, i);
}

/* systemd-nspawn splits at ":", with "\" as escape. */
static int append_bind_path(StringBuf *out, const char *path) {
        int r = 0;

        for (const char *c = path; r >= 0 && *c; c++) {
                if (*c == ':' || *c == '\\')
                        r = string_buf_append(out, "\\");
                if (r >= 0)
                        r = string_buf_append_n(out, c, 1);
        }
        return r;
}

static int append_bind(const MountPlan *m, const char *source, const char *target, char ***argv) {
        _cleanup_(string_buf_done) StringBuf arg = {};
        int r;

        r = string_buf_append(&arg, m->read_only ? "--bind-ro=" : "--bind=");
        if (r >= 0)
                r = append_bind_path(&arg, source);
        if (r >= 0)
                r = string_buf_append(&arg, ":");
        if (r >= 0)
                r = append_bind_path(&arg, target);
        if (r >= 0)
                r = string_buf_append(&arg, m->recursive ? ":rbind" : ":norbind");
        return r < 0 ? r : strv_consume(argv, string_buf_take(&arg));
}

static int append_mount(const AppPlan *a, size_t i, const char *pod_path, char ***argv) {
        const MountPlan *m = &a->mounts[i];
        _cleanup_free_ char *target = NULL, *source = NULL;

        if (m->late && m->implicit)
                return 0;
        target = m->late ? mount_late_source(a, i)
                         : strjoin("/" STAGE1_APPS_DIR "/", a->name, "/rootfs", m->target, NULL);
        source = m->implicit ? strjoin(pod_path, "/" POD_STAGE1_ROOTFS, strempty(target),
                                       NULL) : strdup(m->source);
        if (!target || !source)
                return -ENOMEM;
        return append_bind(m, source, target, argv);
}

int mounts_append_nspawn_args(const PodPlan *p, const char *pod_path, char ***argv) {
        for (size_t i = 0; i < p->n_apps; i++)
                for (size_t k = 0; k < p->apps[i].n_mounts; k++) {
                        int r = append_mount(&p->apps[i], k, pod_path, argv);
                        if (r < 0)
                                return r;
                }
        return 0;
}
