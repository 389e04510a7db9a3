/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/stat.h>

#include "basic/fs-util.h"
#include "layout/pods.h"
#include "stage1/app-files.h"

/* Every path of an image may be a trap: each directory is resolved in the app's root, and files are written
 * as new ones under their name in it, never through what stands there. The files are plain ones rather than
 * mounts: a mount costs each start of the app, and leaves an empty file behind.
 *
 * hosts and resolv.conf: "host" takes over the host's file, "stage0" what stage0 left in stage1's /etc as
 * rkt-hosts and rkt-resolv.conf. "default" is a fallback for hosts if the image has none, and nothing for
 * resolv.conf. */

#define ETC_FILE_MAX (1024U * 1024U)

/* systemd mounts file systems of its own there when it starts the app. */
static const char *const api_directories[] = { "proc", "sys", "dev", "run" };

typedef enum DnsMode {
        DNS_DEFAULT,
        DNS_HOST,
        DNS_STAGE0,
        DNS_NONE,
} DnsMode;

static const char *const dns_mode_names[] = {
        [DNS_DEFAULT] = "default",
        [DNS_HOST] = "host",
        [DNS_STAGE0] = "stage0",
        [DNS_NONE] = "none",
};

typedef struct DnsConf {
        DnsMode resolv, hosts;
} DnsConf;

static int parse_dns_word(const char *word, DnsConf *c) {
        const char *hosts = startswith(word, "hosts="), *resolv = startswith(word, "resolv=");
        const char *value = hosts ?: resolv;

        for (size_t i = 0; value && i < ELEMENTSOF(dns_mode_names); i++)
                if (streq(value, dns_mode_names[i]) && !(hosts && i == DNS_NONE)) {
                        *(hosts ? &c->hosts : &c->resolv) = (DnsMode) i;
                        return 0;
                }
        return -EINVAL;
}

static int parse_dns_conf(const char *mode, DnsConf *ret, Diag *diag) {
        _cleanup_strv_free_ char **words = NULL;
        int r;

        *ret = (DnsConf) {};
        if (isempty(mode))
                return 0;
        r = strv_split(mode, ",", &words);
        if (r < 0)
                return r;
        STRV_FOREACH(word, words)
                if (parse_dns_word(*word, ret) < 0)
                        return diag_set(diag, -EINVAL, "bad DNS configuration mode \"%s\"", *word);
        return 0;
}

static int check_api_directory(int root_fd, const char *name, Diag *diag) {
        struct stat st;

        if (fstatat(root_fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
                return errno == ENOENT ? 0 : -errno;
        if (!S_ISDIR(st.st_mode))
                return diag_set(diag, -EBADMSG, "/%s of the image is not a directory", name);
        return 0;
}

static int write_etc(int etc_fd, const char *name, const char *text, size_t size) {
        if (unlinkat(etc_fd, name, 0) < 0 && errno != ENOENT)
                return -errno;
        return file_write_at(etc_fd, name, text, size, 0644, 0);
}

static int copy_etc(int from_dir_fd, const char *from, int etc_fd, const char *name) {
        _cleanup_free_ char *text = NULL;
        _cleanup_close_ int fd = -EBADF;
        size_t size;
        int r;

        /* A link on many hosts, and theirs to be followed. */
        fd = openat(from_dir_fd, from, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;
        r = fd_read_all(fd, ETC_FILE_MAX, &text, &size);
        return r < 0 ? r : write_etc(etc_fd, name, text, size);
}

static int write_resolv_conf(DnsMode mode, int stage1_fd, int etc_fd, Diag *diag) {
        int r = 0;

        if (mode == DNS_HOST)
                r = copy_etc(AT_FDCWD, "/etc/resolv.conf", etc_fd, "resolv.conf");
        else if (mode == DNS_STAGE0)
                r = copy_etc(stage1_fd, "etc/rkt-resolv.conf", etc_fd, "resolv.conf");
        return r < 0 ? diag_errno(diag, r, "cannot write /etc/resolv.conf") : 0;
}

static int write_hosts_fallback(const PodPlan *p, int etc_fd) {
        _cleanup_free_ char *text = NULL;

        if (faccessat(etc_fd, "hosts", F_OK, AT_SYMLINK_NOFOLLOW) >= 0)
                return 0;
        text = xasprintf("127.0.0.1 localhost localhost.domain localhost4 localhost4.localdomain4 %s\n"
                         "::1 localhost localhost.domain localhost6 localhost6.localdomain6\n", p->hostname);
        return text ? write_etc(etc_fd, "hosts", text, strlen(text)) : -ENOMEM;
}

static int write_hosts(const PodPlan *p, DnsMode mode, int stage1_fd, int etc_fd, Diag *diag) {
        int r;

        if (mode == DNS_HOST)
                r = copy_etc(AT_FDCWD, "/etc/hosts", etc_fd, "hosts");
        else if (mode == DNS_STAGE0)
                r = copy_etc(stage1_fd, "etc/rkt-hosts", etc_fd, "hosts");
        else
                r = write_hosts_fallback(p, etc_fd);
        return r < 0 ? diag_errno(diag, r, "cannot write /etc/hosts") : 0;
}

static int write_app(const PodPlan *p, const AppPlan *a, const int fds[2], const DnsConf *dns, Diag *diag) {
        const int pod_fd = fds[0], stage1_fd = fds[1];
        _cleanup_close_ int root_fd = -EBADF, etc_path_fd = -EBADF, etc_fd = -EBADF;
        _cleanup_free_ char *hostname = NULL;
        int r;

        root_fd = app_rootfs_open(pod_fd, a->name, diag);
        if (root_fd < 0)
                return root_fd;
        for (size_t i = 0; i < ELEMENTSOF(api_directories); i++) {
                r = check_api_directory(root_fd, api_directories[i], diag);
                if (r < 0)
                        return r;
        }

        etc_path_fd = mkdir_p_in_root(root_fd, "etc", 0755);
        etc_fd = etc_path_fd < 0 ? etc_path_fd : openat(etc_path_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        if (etc_fd < 0)
                return diag_errno(diag, etc_path_fd < 0 ? etc_path_fd : -errno,
                                  "cannot open /etc of the image");

        hostname = strjoin(p->hostname, "\n", NULL);
        if (!hostname)
                return -ENOMEM;
        r = write_etc(etc_fd, "hostname", hostname, strlen(hostname));
        if (r < 0)
                return diag_errno(diag, r, "cannot write /etc/hostname");
        r = write_hosts(p, dns->hosts, stage1_fd, etc_fd, diag);
        return r < 0 ? r : write_resolv_conf(dns->resolv, stage1_fd, etc_fd, diag);
}

int app_files_write(const PodPlan *p, int pod_fd, const char *dns_conf_mode, Diag *diag) {
        _cleanup_close_ int stage1_fd = -EBADF;
        DnsConf dns;
        int r;

        r = parse_dns_conf(dns_conf_mode, &dns, diag);
        if (r < 0)
                return r;
        stage1_fd = openat(pod_fd, POD_STAGE1_ROOTFS, O_PATH | O_DIRECTORY | O_CLOEXEC);
        if (stage1_fd < 0)
                return -errno;

        for (size_t i = 0; i < p->n_apps; i++) {
                r = write_app(p, &p->apps[i], (const int[]) { pod_fd, stage1_fd }, &dns, diag);
                if (r < 0)
                        return diag_wrap(diag, r, "cannot write the files of app \"%s\"", p->apps[i].name);
        }
        return 0;
}
