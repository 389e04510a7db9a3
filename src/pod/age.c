/* SPDX-License-Identifier: Apache-2.0 */

#include <sys/stat.h>

#include "basic/fs-util.h"
#include "basic/parse-util.h"
#include "layout/pods.h"
#include "pod/age.h"
#include "pod/pod-internal.h"

/* The seeds measure a pod's age by the change time of its directory, which a rename updates. A wall clock
 * that was set in between makes nonsense of that. So whoever marks a pod leaves a stamp in it that names
 * the boot and the time since then; within one boot that alone counts. After another boot the change time
 * has to do; if it lies in the future, the clock was wrong then or is now, and the pod's time starts anew. */

int stamp_now(char ret[STAMP_MAX]) {
        char boot[UUID_STRING_MAX];

        int r = uuid_boot(boot);
        if (r < 0)
                return r;

        return snprintf(ret, STAMP_MAX, "%s %llu", boot, (unsigned long long) now_usec(CLOCK_BOOTTIME));
}

int stamp_age(const char *stamp, usec_t *ret) {
        char boot[UUID_STRING_MAX];
        uint64_t then;

        int r = uuid_boot(boot);
        if (r < 0)
                return r;

        const char *space = strchr(stamp, ' ');
        if (!space || parse_u64(space + 1, &then) < 0)
                return -EBADMSG;
        if ((size_t) (space - stamp) != strlen(boot) || !startswith(stamp, boot))
                return -ESTALE;

        usec_t now = now_usec(CLOCK_BOOTTIME);
        *ret = now > then ? now - then : 0;
        return 0;
}

int pod_stamp(Pod *p) {
        char stamp[STAMP_MAX];

        int n = stamp_now(stamp);
        if (n < 0)
                return n;

        return file_write_at(p->fd, POD_STAMP_FILE, stamp, (size_t) n, 0640, 0);
}

int pod_age(Pod *p, usec_t *ret) {
        /* The second one has been there since the pod was prepared, and is nothing but that old. */
        static const char *const files[] = { POD_STAMP_FILE, POD_CREATED_FILE };
        struct stat st;

        if (fstat(p->fd, &st) < 0)
                return -errno;

        for (size_t i = 0; i < ELEMENTSOF(files); i++) {
                _cleanup_free_ char *stamp = NULL;

                /* Once run, the time of creation has nothing to say. */
                if (i > 0 && p->phase >= POD_PHASE_RUN)
                        break;
                if (pod_read_word(p, files[i], &stamp) >= 0 && stamp_age(stamp, ret) >= 0)
                        return 0;
        }

        usec_t changed = timespec_to_usec(&st.st_ctim), now = now_usec(CLOCK_REALTIME);
        if (changed > now) {
                (void) pod_stamp(p);
                *ret = 0;
                return 0;
        }

        *ret = now - changed;
        return 0;
}
