/* SPDX-License-Identifier: Apache-2.0 */
#include "appc/volume.h"
#include "basic/test.h"

TEST(kinds) {
        for (VolumeKind k = 0; k < _VOLUME_KIND_MAX; k++)
                CHECK_INT(volume_kind_from_string(volume_kind_to_string(k)), k);
        CHECK_STR(volume_kind_to_string(VOLUME_EMPTY), "empty");
        CHECK(!volume_kind_to_string(_VOLUME_KIND_MAX));
        CHECK_INT(volume_kind_from_string("Host"), -EINVAL);
}

TEST(host_volume) {
        _cleanup_(volume_done) Volume v = {};

        CHECK_INT(volume_parse("database,kind=host,source=/a=b c%41,readOnly=true,recursive=false", &v, NULL),
                  0);
        CHECK_STR(v.name, "database");
        CHECK_INT(v.kind, VOLUME_HOST);
        CHECK_STR(v.source, "/a=b c%41");
        CHECK_INT(v.read_only, 1);
        CHECK_INT(v.recursive, 0);
        CHECK(!v.has_mode && !v.has_uid && !v.has_gid);
}

TEST(flags_not_said) {
        _cleanup_(volume_done) Volume v = {};

        CHECK_INT(volume_parse("a,source=/x,kind=host", &v, NULL), 0);
        CHECK_INT(v.read_only, -1);
        CHECK_INT(v.recursive, -1);
}

TEST(empty_volume) {
        _cleanup_(volume_done) Volume v = {}, w = {};

        CHECK_INT(volume_parse("tmp,kind=empty", &v, NULL), 0);
        CHECK_INT(v.kind, VOLUME_EMPTY);
        CHECK_INT(v.mode, 0755);
        CHECK_INT(v.uid, 0);
        CHECK(!v.source && !v.has_mode && !v.has_uid && !v.has_gid);

        CHECK_INT(volume_parse("tmp,kind=empty,mode=1777,uid=4294967294,gid=12,readOnly=0", &w, NULL), 0);
        CHECK_INT(w.mode, 01777);
        CHECK_INT(w.uid, 4294967294);
        CHECK_INT(w.gid, 12);
        CHECK(w.has_mode && w.has_uid && w.has_gid);
        CHECK_INT(w.read_only, 0);
}

#define KNOWN "(known: name, kind, source, readOnly, recursive, mode, uid, gid)"
#define NAME_RULE "is not an AC Name (lower-case letters and digits, single \"-\" between them)"

TEST(bad_volumes) {
        static const char *const cases[][2] = {
                { "", "volume \"\": name " NAME_RULE },
                { "A,kind=empty", "volume \"A,kind=empty\": name " NAME_RULE },
                { "../x,kind=empty", "volume \"../x,kind=empty\": name " NAME_RULE },
                { "a", "volume \"a\": a kind is required: kind=host or kind=empty" },
                { "a,source=/x", "volume \"a,source=/x\": a kind is required: kind=host or kind=empty" },
                { "a,kind=tmpfs", "volume \"a,kind=tmpfs\": kind must be host or empty" },
                { "a,kind=host", "volume \"a,kind=host\": a host volume needs a source" },
                { "a,kind=host,source=x",
                  "volume \"a,kind=host,source=x\": source must be an absolute path" },
                { "a,kind=host,source=", "volume \"a,kind=host,source=\": source must be an absolute path" },
                { "a,kind=empty,source=/x",
                  "volume \"a,kind=empty,source=/x\": source is for host volumes only" },
                { "a,kind=host,source=/x,mode=0755", "volume \"a,kind=host,source=/x,mode=0755\": mode, uid "
                                                     "and gid are for empty volumes only" },
                { "a,kind=host,source=/x,uid=0",
                  "volume \"a,kind=host,source=/x,uid=0\": mode, uid and gid are for empty volumes only" },
                { "a,kind=empty,kind=host", "volume \"a,kind=empty,kind=host\": key \"kind\" given twice" },
                { "a,name=b,kind=empty", "volume \"a,name=b,kind=empty\": key \"name\" given twice" },
                { "a,kind=empty,readonly=true",
                  "volume \"a,kind=empty,readonly=true\": unknown key \"readonly\" " KNOWN },
                { "a,kind=empty,", "volume \"a,kind=empty,\": unknown key \"\" " KNOWN },
                { "a,kind=empty,x\n=1", "volume \"a,kind=empty,x\\x0a=1\": unknown key \"x\\x0a\" " KNOWN },
                { "a,kind", "volume \"a,kind\": key \"kind\" without a value" },
                { "a,kind=empty,readOnly=maybe",
                  "volume \"a,kind=empty,readOnly=maybe\": readOnly must be true or "
                  "false" },
                { "a,kind=empty,recursive=",
                  "volume \"a,kind=empty,recursive=\": recursive must be true or false" },
                { "a,kind=empty,mode=0999",
                  "volume \"a,kind=empty,mode=0999\": mode must be an octal mode such as "
                  "0755" },
                { "a,kind=empty,mode=17777",
                  "volume \"a,kind=empty,mode=17777\": mode must be an octal mode such as "
                  "0755" },
                { "a,kind=empty,uid=-1", "volume \"a,kind=empty,uid=-1\": uid must be a numeric user id" },
                { "a,kind=empty,uid=4294967295",
                  "volume \"a,kind=empty,uid=4294967295\": uid must be a numeric user id" },
                { "a,kind=empty,gid=root",
                  "volume \"a,kind=empty,gid=root\": gid must be a numeric group id" },
                { "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q",
                  "volume \"a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q\": too many keys" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_diag_ Diag diag = {};
                Volume v = { .kind = 42 };

                CHECK_INT(volume_parse(cases[i][0], &v, &diag), -EINVAL);
                CHECK_STR(diag.message, cases[i][1]);
                CHECK_INT(v.kind, 42);
        }
}

TEST(mounts) {
        _cleanup_(mount_done) Mount m = {}, n = {};

        CHECK_INT(mount_parse("volume=data,target=/srv/a b=c", &m, NULL), 0);
        CHECK_STR(m.volume, "data");
        CHECK_STR(m.path, "/srv/a b=c");
        CHECK_INT(m.read_only, -1);
        CHECK_INT(mount_parse("target=/x,readOnly=true,volume=data", &n, NULL), 0);
        CHECK_INT(n.read_only, 1);
}

TEST(bad_mounts) {
        static const char *const cases[][2] = {
                { "", "mount \"\": unknown key \"\" (known: volume, target, readOnly)" },
                { "data", "mount \"data\": unknown key \"data\" (known: volume, target, readOnly)" },
                { "volume=data", "mount \"volume=data\": a target is required: target=PATH" },
                { "target=/x", "mount \"target=/x\": a volume is required: volume=NAME" },
                { "volume=Data,target=/x", "mount \"volume=Data,target=/x\": volume " NAME_RULE },
                { "volume=data,target=x", "mount \"volume=data,target=x\": target must be an absolute path" },
                { "volume=a,target=/x,volume=b",
                  "mount \"volume=a,target=/x,volume=b\": key \"volume\" given twice" },
                { "volume=a,target=/x,path=/y", "mount \"volume=a,target=/x,path=/y\": unknown key \"path\" "
                                                "(known: volume, target, readOnly)" },
        };

        for (size_t i = 0; i < ELEMENTSOF(cases); i++) {
                _cleanup_diag_ Diag diag = {};
                Mount m = {};

                CHECK_INT(mount_parse(cases[i][0], &m, &diag), -EINVAL);
                CHECK_STR(diag.message, cases[i][1]);
                CHECK(!m.volume && !m.path);
        }
}

DEFINE_TEST_MAIN()
