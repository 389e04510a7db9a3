/* SPDX-License-Identifier: Apache-2.0 */
#include "basic/parse-util.h"
#include "basic/strv.h"
#include "conf/group-file.h"

int group_file_find(const char *text, const char *name, gid_t *ret) {
        _cleanup_strv_free_ char **lines = NULL;

        int r = strv_split(text, "\n", &lines);
        if (r < 0)
                return r;
        STRV_FOREACH(line, lines) {
                _cleanup_strv_free_ char **fields = NULL;
                const char *rest = startswith(*line, name);

                if (!rest || *rest != ':')
                        continue;
                r = strv_split(*line, ":", &fields);
                if (r < 0)
                        return r;
                if (strv_length(fields) == 4 && parse_uid(fields[2], ret) >= 0)
                        return 0;
        }
        return -ENOENT;
}
