/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>
#include <sys/utsname.h>

#include "appc/types.h"
#include "basic/fs-util.h"
#include "cli/verb.h"

/* systemd's version is read off the name of its private library (…/libsystemd-shared-252.so), which nspawn
 * and the pod's own systemd are linked with: no process is started for it. */

static int find_library(int dir_fd, const char *name, unsigned char type, void *userdata) {
        const char *version = startswith(name, "libsystemd-shared-");
        const char *suffix = version ? endswith(version, ".so") : NULL;

        if (!suffix)
                return 0;

        char *found = strndup(version, (size_t) (suffix - version));
        if (!found)
                return -ENOMEM;
        free(*(char **) userdata);
        *(char **) userdata = found;
        return 0;
}

static char *systemd_version(void) {
        char *found = NULL;

        for (char *const *dir = paths_systemd_library_dirs(); *dir && !found; dir++) {
                _cleanup_close_ int fd = open(*dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

                if (fd >= 0)
                        (void) dir_foreach(fd, find_library, &found);
        }

        return found;
}

/* GOARCH's names, which rkt printed and appc uses. */
static const char *arch_name(const char *machine) {
        static const struct {
                const char *machine, *name;
        } names[] = {
                { "x86_64", "amd64" },
                { "aarch64", "arm64" },
                { "i686", "386" },
        };

        for (size_t i = 0; i < ELEMENTSOF(names); i++)
                if (streq(machine, names[i].machine))
                        return names[i].name;

        return machine;
}

static int run(Cli *c, void *options, char **args) {
        _cleanup_free_ char *systemd = systemd_version();
        struct utsname u = {};

        (void) uname(&u);
        printf("rkt Version: %s\n", RKT_VERSION);
        printf("appc Version: %s\n", APPC_VERSION);
        printf("systemd Version: %s\n", systemd ?: "not found");
        printf("OS/Arch: linux/%s\n", arch_name(u.machine));
        return EXIT_RKT_OK;
}

const Verb verb_version = {
        .name = "version",
        .usage = "",
        .summary = "Print the version and exit",
        .run = run,
};
