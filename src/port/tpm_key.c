/* SPDX-License-Identifier: Apache-2.0 */
/* The attestation key: found where the TPM keeps it, or made and kept. */
#include "port/tpm_calls.h"

/* Where we keep them: persistent handles of the owner (TPM 2.0 part 2, section 7.5; the TCG registry leaves this range to owners). */
#define KEPT_ECC 0x810c0501u
#define KEPT_RSA 0x810c0502u

/*
 * The templates. With the endorsement seed each gives the same key on each boot: restricted (signs only what the TPM made), bound to this TPM;
 * ECDSA on NIST P-256 or RSASSA with 2048 bits, SHA-256 (TPM 2.0 part 2, sections 8.3 and 12.2).
 */
#define ATTRIBUTES                                                                                                     \
        (TPMA_OBJECT_FIXEDTPM | TPMA_OBJECT_FIXEDPARENT | TPMA_OBJECT_SENSITIVEDATAORIGIN | TPMA_OBJECT_USERWITHAUTH | \
         TPMA_OBJECT_RESTRICTED | TPMA_OBJECT_SIGN_ENCRYPT)

static const TPM2B_PUBLIC ecc_template = {
        .publicArea = {
                .type = TPM2_ALG_ECC,
                .nameAlg = TPM2_ALG_SHA256,
                .objectAttributes = ATTRIBUTES,
                .parameters.eccDetail = {
                        .symmetric = { .algorithm = TPM2_ALG_NULL },
                        .scheme = { .scheme = TPM2_ALG_ECDSA, .details.ecdsa.hashAlg = TPM2_ALG_SHA256 },
                        .curveID = TPM2_ECC_NIST_P256,
                        .kdf = { .scheme = TPM2_ALG_NULL },
                },
        },
};

static const TPM2B_PUBLIC rsa_template = {
        .publicArea = {
                .type = TPM2_ALG_RSA,
                .nameAlg = TPM2_ALG_SHA256,
                .objectAttributes = ATTRIBUTES,
                .parameters.rsaDetail = {
                        .symmetric = { .algorithm = TPM2_ALG_NULL },
                        .scheme = { .scheme = TPM2_ALG_RSASSA, .details.rsassa.hashAlg = TPM2_ALG_SHA256 },
                        .keyBits = 8 * PORTS_TPM_MODULUS_BYTES,
                },
        },
};

/* Big-endian numbers may come without leading zeros. */
static bool take_coordinate(const TPM2B_ECC_PARAMETER *in, uint8_t *ret_bytes)
{
        if (in->size == 0 || in->size > PORTS_TPM_POINT_BYTES)
                return false;
        memset(ret_bytes, 0, PORTS_TPM_POINT_BYTES);
        memcpy(ret_bytes + PORTS_TPM_POINT_BYTES - in->size, in->buffer, in->size);
        return true;
}

static bool take_point(const TPMT_PUBLIC *p, struct ports_key *key)
{
        const TPMS_ECC_PARMS *ecc = &p->parameters.eccDetail;

        return ecc->curveID == TPM2_ECC_NIST_P256 && ecc->scheme.scheme == TPM2_ALG_ECDSA &&
               ecc->scheme.details.ecdsa.hashAlg == TPM2_ALG_SHA256 && take_coordinate(&p->unique.ecc.x, key->x) &&
               take_coordinate(&p->unique.ecc.y, key->y);
}

/* Exponent 0 stands for 65537. The highest bit of a modulus is set, so its size is the key's. */
static bool take_modulus(const TPMT_PUBLIC *p, struct ports_key *key)
{
        const TPMS_RSA_PARMS *rsa = &p->parameters.rsaDetail;

        if (rsa->scheme.scheme != TPM2_ALG_RSASSA || rsa->scheme.details.rsassa.hashAlg != TPM2_ALG_SHA256 ||
            (rsa->exponent != 0 && rsa->exponent != 65537) || p->unique.rsa.size != PORTS_TPM_MODULUS_BYTES)
                return false;
        memcpy(key->modulus, p->unique.rsa.buffer, PORTS_TPM_MODULUS_BYTES);
        return true;
}

static enum err take_key(TPM2_HANDLE handle, const TPMT_PUBLIC *p, bool rsa, struct ports_key *ret_key)
{
        struct ports_key key = { .handle = handle, .rsa = rsa };

        if (p->type != (rsa ? TPM2_ALG_RSA : TPM2_ALG_ECC) || p->objectAttributes != ATTRIBUTES ||
            !(rsa ? take_modulus(p, &key) : take_point(p, &key)))
                return ERR_TPM_KEY;
        *ret_key = key;
        return ERR_OK;
}

/* What the TPM keeps under our handle, if it is such a key. Whether it is the node's own is for the verifier, who pins it. */
static bool find_kept(struct machine *m, bool rsa, struct ports_key *ret_key)
{
        TPM2_HANDLE handle = rsa ? KEPT_RSA : KEPT_ECC;
        TPM2B_NAME name = { 0 }, qualified = { 0 };
        TPM2B_PUBLIC public = { 0 };
        TSS2_RC rc;

        TPM_CALL(rc, m, Tss2_Sys_ReadPublic(tpm_sys(m), handle, NULL, &public, &name, &qualified, NULL));
        if (rc != TSS2_RC_SUCCESS || take_key(handle, &public.publicArea, rsa, ret_key) != ERR_OK)
                return false;
        ret_key->kept = true;
        return true;
}

/* Making an RSA key can take a TPM a minute. An owner with a password keeps us from keeping it; then it is made again each time. */
static void keep(struct machine *m, struct ports_key *key)
{
        TPM2_HANDLE handle = key->rsa ? KEPT_RSA : KEPT_ECC;
        TSS2_RC rc;

        TPM_CALL(rc, m, Tss2_Sys_EvictControl(tpm_sys(m), TPM2_RH_OWNER, key->handle, &tpm_empty_auth, handle, NULL));
        if (rc != TSS2_RC_SUCCESS)
                return;
        TPM_CALL(rc, m, Tss2_Sys_FlushContext(tpm_sys(m), key->handle));
        key->handle = handle;
        key->kept = true;
}

enum err tpm_make_key(void *context, bool rsa, struct ports_key *ret_key)
{
        const TPM2B_SENSITIVE_CREATE no_secret = { 0 };
        const TPM2B_DATA no_data = { 0 };
        const TPML_PCR_SELECTION no_pcrs = { 0 };
        const TPM2B_PUBLIC *template = rsa ? &rsa_template : &ecc_template;
        struct machine *m = context;
        TPM2B_PUBLIC public = { 0 };
        TPM2B_CREATION_DATA creation;
        TPM2B_DIGEST hash = { 0 };
        TPMT_TK_CREATION ticket;
        TPM2B_NAME name = { 0 };
        TPM2_HANDLE handle;
        enum err result;
        TSS2_RC rc;

        if (find_kept(m, rsa, ret_key))
                return ERR_OK;
        /* an output whose size is not zero would be taken for too small a buffer */
        creation.size = 0;
        TPM_CALL(rc, m, Tss2_Sys_CreatePrimary(tpm_sys(m), TPM2_RH_ENDORSEMENT, &tpm_empty_auth, &no_secret, template, &no_data, &no_pcrs,
                                              &handle, &public, &creation, &hash, &ticket, &name, NULL));
        TRY(tpm_error(m, rc));
        result = take_key(handle, &public.publicArea, rsa, ret_key);
        if (result == ERR_OK)
                keep(m, ret_key);
        else
                Tss2_Sys_FlushContext(tpm_sys(m), handle);
        return result;
}

enum err tpm_drop_key(void *context, const struct ports_key *key)
{
        struct machine *m = context;

        return key->kept ? ERR_OK : tpm_error(m, Tss2_Sys_FlushContext(tpm_sys(m), key->handle));
}
