/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the machine made in software share. */
#ifndef TEST_FAKES_PARTS_H
#define TEST_FAKES_PARTS_H

#include "test/fakes.h"

/* Something that lasts beyond the process is about to happen. */
void fakes_effect(struct fakes *f);

/* "a": vda, vda1, vda3. */
void fakes_add_lettered_disk(struct fakes *f, const char *letter, uint32_t minor);
void fakes_add_devices(struct ports *p);
void fakes_begin_tpm(struct fakes *f);
void fakes_add_tpm(struct ports *p);
void fakes_begin_ima(struct fakes *f);
void fakes_add_ima(struct ports *p);
/* A file was read: if the rules are active and match it, it is logged. */
void fakes_ima_read(struct fakes *f, const struct fakes_file *file);

#endif
