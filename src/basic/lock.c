/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <signal.h>
#include <stdint.h>
#include <sys/file.h>

#include "basic/lock.h"
#include "basic/process-util.h"

static const int operations[] = {
        [LOCK_SHARED] = LOCK_SH,
        [LOCK_EXCLUSIVE] = LOCK_EX,
};

static int lock_operation(int fd, int operation) {
        while (flock(fd, operation) < 0)
                if (errno != EINTR)
                        return -errno;
        return 0;
}

int lock_try(int fd, LockMode mode) {
        return lock_operation(fd, operations[mode] | LOCK_NB);
}

/* flock() has no time-out, but the lock belongs to the open file, which a child shares: so a child blocks
 * in it and we wait for the child. */
static int lock_wait_by_child(int fd, LockMode mode, usec_t timeout_usec) {
        pid_t pid = fork();
        if (pid < 0)
                return -errno;
        if (pid == 0) {
                (void) signal(SIGTERM, SIG_DFL); /* a handler of ours has no meaning here */
                _exit(process_die_with_parent() < 0 || lock_operation(fd, operations[mode]) < 0);
        }

        int code;
        int r = process_wait(pid, timeout_usec, &code);
        if (r < 0)
                process_kill_wait(pid);
        if (r >= 0 && code == 0)
                return 0;

        /* The child may have got the lock just as time was up, or have died of somebody's signal. */
        int k = lock_try(fd, mode);
        if (k == -EWOULDBLOCK)
                return r < 0 ? r : -EINTR;
        return k;
}

int lock_wait(int fd, LockMode mode, unsigned long long timeout_usec) {
        int r = lock_try(fd, mode);
        if (r != -EWOULDBLOCK)
                return r;
        if (timeout_usec == USEC_INFINITY)
                return lock_operation(fd, operations[mode]);
        return lock_wait_by_child(fd, mode, timeout_usec);
}

int lock_release(int fd) {
        return lock_operation(fd, LOCK_UN);
}
