/* SPDX-License-Identifier: Apache-2.0 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>

#include "basic/fd-util.h"
#include "basic/uuid.h"

#define UUID_LENGTH (UUID_STRING_MAX - 1)
#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

static bool has_dash_at(size_t i) {
        return i == 8 || i == 13 || i == 18 || i == 23;
}

static int hex_digit(char c) {
        if (c >= '0' && c <= '9')
                return c - '0';
        if (c >= 'a' && c <= 'f')
                return c - 'a' + 10;
        return -EINVAL;
}

int uuid_generate(Uuid *ret) {
        Uuid u;
        if (getrandom(u.bytes, sizeof(u.bytes), 0) != sizeof(u.bytes))
                return -EIO;

        /* RFC 4122, 4.4: version and variant. */
        u.bytes[6] = (u.bytes[6] & 0x0f) | 0x40;
        u.bytes[8] = (u.bytes[8] & 0x3f) | 0x80;

        *ret = u;
        return 0;
}

int uuid_parse(const char *s, Uuid *ret) {
        Uuid u = {};
        size_t n_digits = 0;

        for (size_t i = 0; i < UUID_LENGTH; i++) {
                if (has_dash_at(i)) {
                        if (s[i] != '-')
                                return -EINVAL;
                        continue;
                }

                int digit = hex_digit(s[i]); /* refuses the NUL, too */
                if (digit < 0)
                        return digit;
                u.bytes[n_digits / 2] = (uint8_t) (u.bytes[n_digits / 2] << 4 | digit);
                n_digits++;
        }
        if (s[UUID_LENGTH] != '\0')
                return -EINVAL;

        *ret = u;
        return 0;
}

void uuid_format(const Uuid *u, char ret[UUID_STRING_MAX]) {
        static const char digits[] = "0123456789abcdef";
        size_t n_digits = 0;

        for (size_t i = 0; i < UUID_LENGTH; i++)
                if (has_dash_at(i))
                        ret[i] = '-';
                else {
                        uint8_t byte = u->bytes[n_digits / 2];
                        ret[i] = digits[n_digits % 2 == 0 ? byte >> 4 : byte & 0xf];
                        n_digits++;
                }
        ret[UUID_LENGTH] = '\0';
}

int uuid_boot(char ret[UUID_STRING_MAX]) {
        char text[UUID_STRING_MAX] = "";
        Uuid u;

        _cleanup_close_ int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
        if (fd < 0)
                return -errno;

        int r = fd_read_exact(fd, text, UUID_LENGTH);
        if (r >= 0)
                r = uuid_parse(text, &u);
        if (r < 0)
                return r;

        uuid_format(&u, ret);
        return 0;
}
