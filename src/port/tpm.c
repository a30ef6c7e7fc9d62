/* SPDX-License-Identifier: Apache-2.0 */
/* The TPM commands that measuring takes, by tpm2-tss' SYS layer, which marshals them without allocation. */
#include "port/tpm_calls.h"
#include "base/reader.h"

#include <errno.h>
#include <unistd.h>

const TSS2L_SYS_AUTH_COMMAND tpm_empty_auth = { .count = 1, .auths = { { .sessionHandle = TPM2_RS_PW } } };

TSS2_SYS_CONTEXT *tpm_sys(struct machine *m)
{
        return (TSS2_SYS_CONTEXT *)(void *)m->tpm.sys;
}

/* ---- return codes ------------------------------------------------------------------------------------------------------ */

#define RETRIES_MAX 12 /* with pauses of 1, 2, 4 ... ms: 4 s in all */

bool tpm_must_retry(struct machine *m, TSS2_RC rc, struct tpm_attempts *a)
{
        TSS2_RC code = rc & ~TSS2_RC_LAYER_MASK, layer = rc & TSS2_RC_LAYER_MASK;

        if (layer != 0 && layer != TSS2_RESMGR_TPM_RC_LAYER && layer != TSS2_RESMGR_RC_LAYER)
                return false;
        if (code == TPM2_RC_INITIALIZE && !a->started) {
                /* the kernel starts every TPM; one that lost its state since is started here, and its PCRs tell */
                a->started = true;
                return Tss2_Sys_Startup(tpm_sys(m), TPM2_SU_CLEAR) == TSS2_RC_SUCCESS;
        }
        if (code != TPM2_RC_RETRY && code != TPM2_RC_YIELDED && code != TPM2_RC_TESTING && code != TPM2_RC_NV_RATE)
                return false;
        if (a->count >= RETRIES_MAX)
                return false;
        usleep(1000u << a->count++);
        return true;
}

enum err tpm_error(const struct machine *m, TSS2_RC rc)
{
        if (rc == TSS2_RC_SUCCESS)
                return ERR_OK;
        if (m->tpm.tcti.is_tpm12)
                return ERR_TPM_12;
        switch (rc & TSS2_RC_LAYER_MASK) {
        case TSS2_TCTI_RC_LAYER:
                return rc == TSS2_TCTI_RC_MALFORMED_RESPONSE ? ERR_TPM_RESPONSE : ERR_TPM_IO;
        case TSS2_SYS_RC_LAYER:
        case TSS2_MU_RC_LAYER:
                return ERR_TPM_RESPONSE;
        default:
                break;
        }
        switch (rc & ~TSS2_RC_LAYER_MASK) {
        case TPM2_RC_RETRY:
        case TPM2_RC_YIELDED:
        case TPM2_RC_TESTING:
        case TPM2_RC_NV_RATE:
                return ERR_TPM_BUSY;
        case TPM2_RC_FAILURE:
                return ERR_TPM_FAILED;
        default:
                return ERR_TPM_REFUSED;
        }
}

/* ---- connection -------------------------------------------------------------------------------------------------------- */

enum err tpm_open(void *context)
{
        TSS2_ABI_VERSION abi = TSS2_ABI_VERSION_CURRENT;
        struct machine *m = context;
        size_t need = Tss2_Sys_GetContextSize(0);
        int fd;

        if (m->tpm.open)
                return ERR_OK;
        if (need > sizeof(m->tpm.sys))
                return ERR_NO_SPACE;
        fd = machine_open_tpm();
        if (fd < 0)
                return errno == ENOENT || errno == ENODEV || errno == ENXIO ? ERR_TPM_ABSENT : ERR_TPM_IO;
        tcti_on(&m->tpm.tcti, fd);
        if (Tss2_Sys_Initialize(tpm_sys(m), need, (TSS2_TCTI_CONTEXT *)&m->tpm.tcti, &abi) != TSS2_RC_SUCCESS) {
                tcti_close(&m->tpm.tcti);
                return ERR_TPM_IO;
        }
        m->tpm.open = true;
        return ERR_OK;
}

void tpm_close(void *context)
{
        struct machine *m = context;

        if (!m->tpm.open)
                return;
        Tss2_Sys_Finalize(tpm_sys(m));
        tcti_close(&m->tpm.tcti);
        m->tpm.open = false;
}

/* ---- commands ---------------------------------------------------------------------------------------------------------- */

static TSS2_RC get_capability(struct machine *m)
{
        TSS2_RC rc = Tss2_Sys_GetCapability_Prepare(tpm_sys(m), TPM2_CAP_PCRS, 0, 1);

        return rc == TSS2_RC_SUCCESS ? Tss2_Sys_Execute(tpm_sys(m)) : rc;
}

/* TPMS_PCR_SELECTION: u16 hash | u8 size | bits. */
static bool selects(struct reader *r, unsigned pcr, uint16_t *ret_hash)
{
        struct span bits;

        *ret_hash = reader_u16be(r);
        bits = reader_bytes(r, reader_u8(r));
        return pcr / 8 < bits.len && (bits.data[pcr / 8] >> pcr % 8 & 1) != 0;
}

/*
 * The parameters of the response: u8 more | u32 capability | u32 count | TPMS_PCR_SELECTION ... (TPM 2.0 part 3, section 30.2). tpm2-tss would bring
 * the decoders of all other capabilities along.
 */
static enum err parse_banks(struct span parameters, unsigned pcr, struct ports_banks *ret_banks)
{
        struct reader r = reader_on(parameters);
        struct ports_banks banks = { 0 };
        bool has[ALG_COUNT] = { false };
        uint32_t capability, count;
        uint16_t hash;
        enum alg alg;

        reader_skip(&r, 1);
        capability = reader_u32be(&r);
        count = reader_u32be(&r);
        if (!reader_ok(&r) || capability != TPM2_CAP_PCRS || count > TPM2_NUM_PCR_BANKS)
                return ERR_TPM_RESPONSE;
        for (uint32_t i = 0; i < count; i++) {
                if (!selects(&r, pcr, &hash))
                        continue;
                if (alg_by_tpm_id(hash, &alg) == ERR_OK)
                        has[alg] = true;
                else
                        banks.unknown++;
        }
        if (!reader_ok(&r))
                return ERR_TPM_RESPONSE;
        for (unsigned i = 0; i < ALG_COUNT; i++)
                if (has[i])
                        banks.algs[banks.count++] = (enum alg)i;
        if (banks.count == 0 && banks.unknown == 0)
                return ERR_TPM_NO_BANK;
        *ret_banks = banks;
        return ERR_OK;
}

enum err tpm_banks(void *context, unsigned pcr, struct ports_banks *ret_banks)
{
        struct machine *m = context;
        const uint8_t *parameters;
        size_t size;
        TSS2_RC rc;

        TPM_CALL(rc, m, get_capability(m));
        TRY(tpm_error(m, rc));
        TRY(tpm_error(m, Tss2_Sys_GetRpBuffer(tpm_sys(m), &size, &parameters)));
        return parse_banks(span_of(parameters, size), pcr, ret_banks);
}

/* The answer names the selection it covers, then the digests in the order of that. */
static enum err take_values(const TPML_PCR_SELECTION *in, const TPML_PCR_SELECTION *out, const TPML_DIGEST *values, struct digest_set *ret_set)
{
        struct digest_set set = { 0 };

        if (out->count != in->count || values->count != in->count)
                return ERR_TPM_RESPONSE;
        for (UINT32 i = 0; i < out->count; i++) {
                struct digest *d = &set.digests[set.count++];

                if (out->pcrSelections[i].hash != in->pcrSelections[i].hash ||
                    memcmp(out->pcrSelections[i].pcrSelect, in->pcrSelections[i].pcrSelect, 3) != 0)
                        return ERR_TPM_RESPONSE;
                TRY(alg_by_tpm_id(out->pcrSelections[i].hash, &d->alg));
                if (values->digests[i].size != alg_info(d->alg)->size)
                        return ERR_TPM_RESPONSE;
                memcpy(d->bytes, values->digests[i].buffer, alg_info(d->alg)->size);
        }
        *ret_set = set;
        return ERR_OK;
}

enum err tpm_pcr_read(void *context, unsigned pcr, const struct ports_banks *banks, struct digest_set *ret_values)
{
        struct machine *m = context;
        TPML_PCR_SELECTION in = { .count = banks->count }, out = { 0 };
        TPML_DIGEST values = { 0 };
        UINT32 counter;
        TSS2_RC rc;

        for (unsigned i = 0; i < banks->count; i++) {
                in.pcrSelections[i].hash = alg_info(banks->algs[i])->tpm_id;
                in.pcrSelections[i].sizeofSelect = 3;
                in.pcrSelections[i].pcrSelect[pcr / 8] = (BYTE)(1u << pcr % 8);
        }
        TPM_CALL(rc, m, Tss2_Sys_PCR_Read(tpm_sys(m), NULL, &in, &counter, &out, &values, NULL));
        TRY(tpm_error(m, rc));
        return take_values(&in, &out, &values, ret_values);
}

enum err tpm_extend(void *context, unsigned pcr, const struct digest_set *digests)
{
        struct machine *m = context;
        TPML_DIGEST_VALUES values = { .count = digests->count };
        TSS2_RC rc;

        for (unsigned i = 0; i < digests->count; i++) {
                const struct digest *d = &digests->digests[i];

                values.digests[i].hashAlg = alg_info(d->alg)->tpm_id;
                memcpy(&values.digests[i].digest, d->bytes, alg_info(d->alg)->size);
        }
        TPM_CALL(rc, m, Tss2_Sys_PCR_Extend(tpm_sys(m), pcr, &tpm_empty_auth, &values, NULL));
        return tpm_error(m, rc);
}

/* TPM2_EventSequenceComplete extends like TPM2_PCR_Event, whatever the length of the data. */
static TSS2_RC event_sequence(struct machine *m, unsigned pcr, struct span data)
{
        const TSS2L_SYS_AUTH_COMMAND both = { .count = 2, .auths = { { .sessionHandle = TPM2_RS_PW }, { .sessionHandle = TPM2_RS_PW } } };
        TPM2B_AUTH no_auth = { 0 };
        TPM2B_MAX_BUFFER part;
        TPML_DIGEST_VALUES results;
        TPMI_DH_OBJECT sequence;
        TSS2_RC rc;

        TPM_CALL(rc, m, Tss2_Sys_HashSequenceStart(tpm_sys(m), NULL, &no_auth, TPM2_ALG_NULL, &sequence, NULL));
        while (rc == TSS2_RC_SUCCESS && data.len > PORTS_TPM_EVENT_BYTES) {
                part.size = PORTS_TPM_EVENT_BYTES;
                memcpy(part.buffer, data.data, part.size);
                data = span_sub(data, part.size, data.len - part.size);
                TPM_CALL(rc, m, Tss2_Sys_SequenceUpdate(tpm_sys(m), sequence, &tpm_empty_auth, &part, NULL));
        }
        if (rc != TSS2_RC_SUCCESS)
                return rc;
        part.size = (UINT16)data.len;
        memcpy(part.buffer, data.data, part.size);
        TPM_CALL(rc, m, Tss2_Sys_EventSequenceComplete(tpm_sys(m), pcr, sequence, &both, &part, &results, NULL));
        return rc;
}

enum err tpm_event(void *context, unsigned pcr, struct span data)
{
        struct machine *m = context;
        TPML_DIGEST_VALUES results;
        TPM2B_EVENT event;
        TSS2_RC rc;

        if (data.len > PORTS_TPM_EVENT_BYTES)
                return tpm_error(m, event_sequence(m, pcr, data));
        event.size = (UINT16)data.len;
        memcpy(event.buffer, data.data, data.len);
        TPM_CALL(rc, m, Tss2_Sys_PCR_Event(tpm_sys(m), pcr, &tpm_empty_auth, &event, &results, NULL));
        return tpm_error(m, rc);
}
