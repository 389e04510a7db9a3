/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* The on-disk layout below the data directory (default /var/lib/rkt), rkt.layout(7). Every name is
 * relative: to the data directory (PODS_*, CAS_*), to a pod's directory (POD_*), or to stage1's root
 * (STAGE1_*, next header). */

#define PODS_DIR "pods"

/* One pod is one directory named by its UUID in one of these. POD_PHASE_TABLE in pod/phase.c says what each
 * means. */
#define PODS_EMBRYO_DIR "pods/embryo"
#define PODS_PREPARE_DIR "pods/prepare"
#define PODS_PREPARED_DIR "pods/prepared"
#define PODS_RUN_DIR "pods/run"
#define PODS_EXITED_GARBAGE_DIR "pods/exited-garbage"
#define PODS_GARBAGE_DIR "pods/garbage"

#define POD_MANIFEST_FILE "pod"               /* the pod manifest, JSON */
#define POD_CREATED_FILE "pod-created"        /* its mtime: when the pod was created */
#define POD_STAMP_FILE "gc-stamp"             /* boot id and CLOCK_BOOTTIME when gc marked the pod */
#define POD_STARTED_FILE "pod-started"        /* its mtime: when stage1 was started */
#define POD_MACHINE_FILE "machine"            /* machine name, if not "rkt-UUID" */
#define POD_UNIT_FILE "unit"                  /* "pod@NAME.service", if started from a pod file */
#define POD_PID_FILE "pid"                    /* pid of the pod's PID 1, or */
#define POD_PPID_FILE "ppid"                  /* pid of the parent that has it as its only child */
#define POD_SUBCGROUP_FILE "subcgroup"        /* cgroup below which the apps are; written before ppid */
#define POD_APPSINFO_DIR "appsinfo"           /* appsinfo/APP/{manifest,treeStoreID} */
#define POD_APPINFO_MANIFEST "manifest"       /* the app's image manifest */
#define POD_APPINFO_TREE "treeStoreID"
#define POD_STAGE1_DIR "stage1"
#define POD_STAGE1_MANIFEST "stage1/manifest"
#define POD_STAGE1_ROOTFS "stage1/rootfs"
#define POD_STAGE1_TREE_FILE "stage1TreeStoreID"
#define POD_OVERLAY_DIR "overlay"             /* overlay/TREE/{upper,work}/APP ("" for stage1 → "stage1") */
#define POD_OVERLAY_MARK "overlay-prepared"   /* empty; there if the pod runs on overlay mounts */
#define POD_VOLUMES_DIR "stage1/rootfs/opt/stage2/.volumes" /* the pod's empty volumes, by name */

/* The image store: see image/store.h. */
#define CAS_DIR "cas"
#define CAS_BLOB_DIR "cas/blob"               /* cas/blob/XX/ID: as downloaded */
#define CAS_INDEX_DIR "cas/index"             /* cas/index/ID: small key=value file; cas/index/ID.manifest */
#define CAS_TREE_DIR "cas/tree"               /* cas/tree/ID/{manifest,rootfs/,hash,image,rendered} */
#define CAS_TMP_DIR "cas/tmp"                 /* staging; garbage whenever unlocked */
#define CAS_LOCK_DIR "cas/lock"               /* one empty file per image id, flock(2) */
#define CAS_REMOTE_DIR "cas/remote"           /* sha512 of a URL: id, etag, max-age of what it gave */

/* One file a machine name of a declared pod, locked while that runs; its text is the UUID. */
#define MACHINES_DIR "machines"

/* Which images the pod file NAME resolved to at the last fetch: lets pod@NAME start without asking. */
#define READY_DIR "ready"                     /* ready/NAME */
