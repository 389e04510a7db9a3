/* SPDX-License-Identifier: Apache-2.0 */

#include <fcntl.h>

#include "basic/fs-util.h"
#include "generators/instances.h"
#include "podfile/name.h"

/* A drop-in directory belongs to one unit, and systemd knows none for "the instances of web@ below pod@". So
 * the instances must be known by name, and these are the places where systemd itself writes their names down.
 */

/* The pod's name in "pod@NAME.service" + suffix, if it is an instance's; new string. */
static int pod_from_unit(const char *unit, const char *suffix, char **ret) {
        const char *name = startswith(unit, "pod@"), *end = name ? endswith(name, suffix) : NULL;
        _cleanup_free_ char *pod = NULL;

        *ret = NULL;
        if (!end)
                return 0;
        pod = strndup(name, (size_t) (end - name));
        if (!pod)
                return -ENOMEM;
        if (pod_name_instance(pod) && pod_name_fits_unit(pod) && !endswith(pod, "@"))
                *ret = TAKE_PTR(pod);
        return 0;
}

static int add(char ***names, const char *unit, const char *suffix) {
        char *pod;
        int r;

        r = pod_from_unit(unit, suffix, &pod);
        if (r < 0 || !pod)
                return r;
        return strv_consume(names, pod);
}

static int add_link(_unused_ int dir_fd, const char *name, _unused_ unsigned char type, void *userdata) {
        return add(userdata, name, ".service");
}

static int add_entry(int dir_fd, const char *name, _unused_ unsigned char type, void *userdata) {
        _cleanup_close_ int fd = -EBADF;

        if (endswith(name, ".service.d"))
                return add(userdata, name, ".service.d");
        if (!endswith(name, ".wants") && !endswith(name, ".requires"))
                return 0;

        fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
        return fd < 0 ? 0 : dir_foreach(fd, add_link, userdata);
}

int instances_find(char *const *unit_dirs, char ***ret) {
        _cleanup_strv_free_ char **names = NULL;

        STRV_FOREACH(dir, unit_dirs) {
                _cleanup_close_ int fd = open(*dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

                if (fd >= 0 && dir_foreach(fd, add_entry, &names) == -ENOMEM)
                        return -ENOMEM;
        }
        strv_sort_unique(names);
        *ret = TAKE_PTR(names);
        return 0;
}
