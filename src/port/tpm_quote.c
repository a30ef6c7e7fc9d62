/* SPDX-License-Identifier: Apache-2.0 */
/* Clock, attestation key and quote. */
#include "port/tpm_calls.h"

#include <tss2/tss2_mu.h>

/*
 * The template of the key. With the endorsement seed it gives the same key on each boot, so nothing is stored: restricted (signs only what the TPM
 * made), bound to this TPM, ECDSA with SHA-256 on NIST P-256 (TPM 2.0 part 2, sections 8.3 and 12.2.4).
 */
static const TPM2B_PUBLIC template = {
        .publicArea = {
                .type = TPM2_ALG_ECC,
                .nameAlg = TPM2_ALG_SHA256,
                .objectAttributes = TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN |
                                    TPMA_OBJECT_USERWITHAUTH | TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT,
                .parameters.eccDetail = {
                        .symmetric = { .algorithm = TPM2_ALG_NULL },
                        .scheme = { .scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256 },
                        .curveID = TPM2_ECC_NIST_P256,
                        .kdf = { .scheme = TPM2_ALG_NULL },
                },
        },
};

#define P256_BYTES 32

/* Big-endian numbers may come without leading zeros. */
static bool take_coordinate(const TPM2B_ECC_PARAMETER *in, uint8_t *ret_bytes)
{
        if (in->size == 0 || in->size > P256_BYTES)
                return false;
        memset(ret_bytes, 0, P256_BYTES);
        memcpy(ret_bytes + P256_BYTES - in->size, in->buffer, in->size);
        return true;
}

static enum err take_key(TPM2_HANDLE handle, const TPMT_PUBLIC *p, struct ports_key *ret_key)
{
        struct ports_key key = { .handle = handle, .x_bytes = P256_BYTES, .y_bytes = P256_BYTES };

        if (p->type != TPM2_ALG_ECC || p->objectAttributes != template.publicArea.objectAttributes ||
            p->parameters.eccDetail.curveID != TPM2_ECC_NIST_P256 || !take_coordinate(&p->unique.ecc.x, key.x) ||
            !take_coordinate(&p->unique.ecc.y, key.y))
                return ERR_TPM_KEY;
        *ret_key = key;
        return ERR_OK;
}

enum err tpm_make_key(void *context, struct ports_key *ret_key)
{
        const TPM2B_SENSITIVE_CREATE no_secret = { 0 };
        const TPM2B_DATA no_data = { 0 };
        const TPML_PCR_SELECTION no_pcrs = { 0 };
        struct machine *m = context;
        TPM2B_PUBLIC public = { 0 };
        TPM2B_CREATION_DATA creation;
        TPM2B_DIGEST hash = { 0 };
        TPMT_TK_CREATION ticket;
        TPM2B_NAME name = { 0 };
        TPM2_HANDLE handle;
        enum err result;
        TSS2_RC rc;

        /* an output whose size is not zero would be taken for too small a buffer */
        creation.size = 0;
        TPM_CALL(rc, m, Tss2_Sys_CreatePrimary(tpm_sys(m), TPM2_RH_ENDORSEMENT, &tpm_empty_auth, &no_secret, &template, &no_data, &no_pcrs,
                                              &handle, &public, &creation, &hash, &ticket, &name, NULL));
        TRY(tpm_error(m, rc));
        result = take_key(handle, &public.publicArea, ret_key);
        if (result != ERR_OK)
                Tss2_Sys_FlushContext(tpm_sys(m), handle);
        return result;
}

enum err tpm_drop_key(void *context, const struct ports_key *key)
{
        struct machine *m = context;

        return tpm_error(m, Tss2_Sys_FlushContext(tpm_sys(m), key->handle));
}

static void select_pcrs(const struct ports_selection *selections, unsigned count, TPML_PCR_SELECTION *ret_list)
{
        memset(ret_list, 0, sizeof(*ret_list));
        ret_list->count = count;
        for (unsigned i = 0; i < count; i++) {
                TPMS_PCR_SELECTION *s = &ret_list->pcrSelections[i];

                s->hash = alg_info(selections[i].alg)->tpm_id;
                s->sizeofSelect = 3;
                for (unsigned byte = 0; byte < 3; byte++)
                        s->pcrSelect[byte] = (BYTE)(selections[i].pcrs >> 8 * byte);
        }
}

enum err tpm_quote(void *context, const struct ports_key *key, struct span nonce, const struct ports_selection *selections, unsigned count,
                   struct ports_quote *ret_quote)
{
        const TPMT_SIG_SCHEME own_scheme = { .scheme = TPM2_ALG_NULL };
        struct machine *m = context;
        struct ports_quote quote = { 0 };
        TPML_PCR_SELECTION pcrs;
        TPM2B_DATA data;
        TPM2B_ATTEST attest;
        TPMT_SIGNATURE signature;
        TSS2_RC rc;

        if (nonce.len > sizeof(data.buffer) || count > ALG_COUNT)
                return ERR_NO_SPACE;
        data.size = (UINT16)nonce.len;
        memcpy(data.buffer, nonce.data, nonce.len);
        select_pcrs(selections, count, &pcrs);
        attest.size = 0;
        TPM_CALL(rc, m, Tss2_Sys_Quote(tpm_sys(m), key->handle, &tpm_empty_auth, &data, &own_scheme, &pcrs, &attest, &signature, NULL));
        TRY(tpm_error(m, rc));
        if (attest.size > sizeof(quote.attest) ||
            Tss2_MU_TPMT_SIGNATURE_Marshal(&signature, quote.signature, sizeof(quote.signature), &quote.signature_bytes) != TSS2_RC_SUCCESS)
                return ERR_TPM_RESPONSE;
        quote.attest_bytes = attest.size;
        memcpy(quote.attest, attest.attestationData, attest.size);
        *ret_quote = quote;
        return ERR_OK;
}

enum err tpm_clock(void *context, struct ports_clock *ret_clock)
{
        struct machine *m = context;
        TPMS_TIME_INFO now;
        TSS2_RC rc;

        TPM_CALL(rc, m, Tss2_Sys_ReadClock(tpm_sys(m), NULL, &now, NULL));
        TRY(tpm_error(m, rc));
        *ret_clock = (struct ports_clock){ now.clockInfo.clock, now.clockInfo.resetCount, now.clockInfo.restartCount,
                                           now.clockInfo.safe != 0 };
        return ERR_OK;
}

void machine_add_quote(struct ports *ports)
{
        ports->tpm_clock = tpm_clock;
        ports->tpm_make_key = tpm_make_key;
        ports->tpm_drop_key = tpm_drop_key;
        ports->tpm_quote = tpm_quote;
}
