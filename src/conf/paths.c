/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/fs-util.h"
#include "basic/path-util.h"
#include "basic/strv.h"
#include "conf/config.h"
#include "conf/group-file.h"
#include "conf/paths.h"

/* What the command line does not say comes from configuration of kind "paths", read from the system's, the
 * local and the user's directory in this order; a later one that says something wins. Most machines have
 * none: that costs one failed open(2) a directory. */

#define GROUP_FILE "/etc/group"
#define GROUP_FILE_MAX (1024 * 1024)
#define DATA_DIR_GROUP "rkt"
#define DATA_DIR_MODE 0750

#if defined(__x86_64__)
#define MULTIARCH "x86_64-linux-gnu"
#elif defined(__i386__)
#define MULTIARCH "i386-linux-gnu"
#elif defined(__aarch64__)
#define MULTIARCH "aarch64-linux-gnu"
#elif defined(__arm__)
#define MULTIARCH "arm-linux-gnueabihf"
#elif defined(__powerpc64__)
#define MULTIARCH "powerpc64le-linux-gnu"
#else
#define MULTIARCH "s390x-linux-gnu"
#endif

typedef struct PathsConfig {
        char *data, *stage1_images;
} PathsConfig;

static void paths_config_done(PathsConfig *c) {
        free(c->data);
        free(c->stage1_images);
        *c = (PathsConfig){};
}

void paths_done(Paths *p) {
        free(p->data_dir);
        free(p->local_config);
        free(p->system_config);
        free(p->user_config);
        free(p->stage1_images);
        *p = (Paths){};
}

static int read_path(const JsonValue *v, const JsonPath *path, void *target, Diag *diag) {
        char **ret = target;

        if (isempty(json_string(v)))
                return 0;
        if (*ret)
                return json_path_error(path, diag, "another file in the same directory has set it already");
        if (!path_is_absolute(json_string(v)))
                return json_path_error(path, diag, "must be an absolute path");
        return json_read_string(v, path, target, diag);
}

static const JsonField paths_fields[] = {
        { "data", .type = JSON_STRING, .offset = offsetof(PathsConfig, data), .read = read_path },
        { "stage1-images", .type = JSON_STRING, .offset = offsetof(PathsConfig, stage1_images),
          .read = read_path },
};

static const ConfigKind paths_kind = {
        .kind = "paths",
        .version = "v1",
        .subdir = "paths.d",
        .fields = paths_fields,
        .n_fields = ELEMENTSOF(paths_fields),
};

/* Lets over's value stand in for *p, if it has one. */
static void override(char **p, char **over) {
        if (!*over)
                return;
        free(*p);
        *p = TAKE_PTR(*over);
}

static int read_config(const Paths *p, PathsConfig *ret, Diag *diag) {
        const char *const dirs[] = { p->system_config, p->local_config, p->user_config };
        _cleanup_(paths_config_done) PathsConfig all = {};

        for (size_t i = 0; i < ELEMENTSOF(dirs); i++) {
                _cleanup_(paths_config_done) PathsConfig one = {};

                if (isempty(dirs[i]))
                        continue;
                int r = config_read_dir(dirs[i], &paths_kind, &one, diag);
                if (r < 0)
                        return r;
                override(&all.data, &one.data);
                override(&all.stage1_images, &one.stage1_images);
        }
        *ret = all;
        all = (PathsConfig){};
        return 0;
}

/* Puts fallback where there is nothing, and makes the path absolute. */
static int complete(char **p, const char *fallback, const char *what, Diag *diag) {
        char *absolute;

        if (*p && !**p)
                return diag_set(diag, -EINVAL, "%s: the path must not be empty", what);
        int r = path_make_absolute_cwd(*p ?: fallback, &absolute);
        if (r < 0)
                return diag_errno(diag, r, "%s: cannot make \"%s\" absolute", what, *p ?: fallback);
        free(*p);
        *p = path_simplify(absolute);
        return 0;
}

int paths_complete(Paths *p, Diag *diag) {
        _cleanup_(paths_config_done) PathsConfig config = {};

        int r = complete(&p->system_config, RKT_SYSTEM_CONFIG_DIR, "--system-config", diag);
        if (r < 0)
                return r;
        r = complete(&p->local_config, RKT_LOCAL_CONFIG_DIR, "--local-config", diag);
        if (r < 0)
                return r;
        if (isempty(p->user_config)) {
                free(p->user_config);
                p->user_config = strdup("");
                r = p->user_config ? 0 : -ENOMEM;
        } else
                r = complete(&p->user_config, /* fallback= */ NULL, "--user-config", diag);
        if (r < 0)
                return r;

        r = read_config(p, &config, diag);
        if (r < 0)
                return r;
        r = complete(&p->data_dir, config.data ?: RKT_DATA_DIR, "--dir", diag);
        if (r < 0)
                return r;
        return complete(&p->stage1_images, config.stage1_images ?: RKT_HELPER_DIR, "stage1-images", diag);
}

int paths_helper(const char *name, char **ret) {
        const char *dir = secure_getenv("RKT_HELPER_DIR");

        assert(filename_is_valid(name));

        if (dir && !path_is_absolute(dir))
                return -EINVAL;
        char *path = path_join(dir ?: RKT_HELPER_DIR, name);
        if (!path)
                return -ENOMEM;
        *ret = path;
        return 0;
}

const char *paths_stage1_image(void) {
        return RKT_STAGE1_IMAGE;
}

const char *paths_stage1_name(void) {
        return RKT_STAGE1_NAME;
}

char *const *paths_pod_file_dirs(void) {
        static const char *const dirs[] = {
                "/run/rkt/pods",
                RKT_LOCAL_CONFIG_DIR "/pods",
                RKT_SYSTEM_CONFIG_DIR "/pods",
                NULL,
        };

        return (char *const *) dirs;
}

int paths_pod_dropin(const char *pod_name, char **ret) {
        *ret = strjoin("/run/systemd/generator/pod@", pod_name, ".service.d/50-pod.conf", NULL);
        return *ret ? 0 : -ENOMEM;
}

char *const *paths_systemd_library_dirs(void) {
        static const char *const dirs[] = {
                "/usr/lib/" MULTIARCH "/systemd", /* Debian */
                "/usr/lib/systemd",
                "/usr/lib64/systemd",
                "/lib/systemd",
                NULL,
        };

        return (char *const *) dirs;
}

static int data_dir_error(const char *path, int error, Diag *diag) {
        if ((error == -EACCES || error == -EPERM) && geteuid() != 0)
                return diag_set(diag, -EACCES, "data directory \"%s\": permission denied; run as root", path);
        if (error == -ENOENT)
                return diag_set(diag, error, "data directory \"%s\" does not exist", path);
        if (error == -ENOTDIR)
                return diag_set(diag, error, "data directory \"%s\" is not a directory", path);
        return diag_errno(diag, error, "data directory \"%s\"", path);
}

/* 1: made, 0: there already. */
static int make_dir(const char *path) {
        if (mkdir(path, DATA_DIR_MODE) >= 0)
                return 1;
        if (errno == EEXIST)
                return 0;
        if (errno != ENOENT)
                return -errno;

        const char *slash = strrchr(path, '/');
        _cleanup_free_ char *parent = strndup(path, (size_t) (slash - path));
        if (!parent)
                return -ENOMEM;
        int r = mkdir_p_at(AT_FDCWD, parent, 0755);
        if (r < 0)
                return r;
        if (mkdir(path, DATA_DIR_MODE) >= 0)
                return 1;
        return errno == EEXIST ? 0 : -errno;
}

/* The mode is set anew, since the umask had a say in it; the group only where there is one. */
static int set_owner(int fd) {
        _cleanup_free_ char *groups = NULL;
        size_t size;
        gid_t gid;

        if (fchmod(fd, DATA_DIR_MODE) < 0)
                return -errno;
        if (geteuid() != 0)
                return 0;
        int r = file_read_at(AT_FDCWD, GROUP_FILE, GROUP_FILE_MAX, &groups, &size);
        if (r >= 0)
                r = group_file_find(groups, DATA_DIR_GROUP, &gid);
        if (r == -ENOENT)
                return 0;
        if (r < 0)
                return r;
        return fchown(fd, 0, gid) < 0 ? -errno : 0;
}

int paths_open_data_dir(const Paths *p, bool create, Diag *diag) {
        int made = 0;

        if (create) {
                made = make_dir(p->data_dir);
                if (made < 0)
                        return data_dir_error(p->data_dir, made, diag);
        }
        _cleanup_close_ int fd = open(p->data_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (fd < 0)
                return data_dir_error(p->data_dir, -errno, diag);
        if (made > 0) {
                int r = set_owner(fd);
                if (r < 0)
                        return data_dir_error(p->data_dir, r, diag);
        }
        return TAKE_FD(fd);
}
