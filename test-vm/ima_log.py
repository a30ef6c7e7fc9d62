# SPDX-License-Identifier: Apache-2.0
"""The kernel's binary IMA log, read, made and replayed into PCRs; for `replay` and `predict-ima`."""
import hashlib
import struct
import tarfile

PCR = 10
AGGREGATE = "boot_aggregate"
PADDED_KERNEL = "6.1.0-"  # Debian's 6.1 has no SHA-384 when IMA starts; 6.12 has.


def members(path):
    with tarfile.open(path) as tar:
        return {member.name.removeprefix("./"): tar.extractfile(member).read() for member in tar if member.isfile()}


def padded_banks(kernel):
    """Those that get SHA-1 with zeros behind it from the kernel of this version."""
    return {"sha384"} if kernel.startswith(PADDED_KERNEL) else set()


def entries(log):
    """pcr, whether it is a violation, the template's name, its data: the records are pcr, SHA-1 of the data, name, data."""
    offset = 0
    while offset < len(log):
        pcr, header, name_size = struct.unpack_from("<I20sI", log, offset)
        offset += 28
        name = log[offset : offset + name_size].decode()
        offset += name_size
        (size,) = struct.unpack_from("<I", log, offset)
        yield pcr, header == bytes(20), name, log[offset + 4 : offset + 4 + size]
        offset += 4 + size


def fields(data):
    offset = 0
    while offset < len(data):
        (size,) = struct.unpack_from("<I", data, offset)
        yield data[offset + 4 : offset + 4 + size]
        offset += 4 + size


def joined(values):
    return b"".join(struct.pack("<I", len(value)) + value for value in values)


def digest(bank, data, padded):
    size = hashlib.new(bank).digest_size
    return hashlib.sha1(data).digest().ljust(size, b"\0") if bank in padded else hashlib.new(bank, data).digest()


def extend(pcrs, bank, pcr, value):
    key = (bank, pcr)
    pcrs[key] = hashlib.new(bank, pcrs.get(key, bytes(hashlib.new(bank).digest_size)) + value).digest()


def pcr_after(lines, banks, kernel):
    """What PCR 10 holds in each bank after the entries of these lines."""
    pcrs = {(bank, PCR): bytes(hashlib.new(bank).digest_size) for bank in banks}
    for line in lines:
        for bank in banks:
            extend(pcrs, bank, PCR, digest(bank, data_of(line), padded_banks(kernel)))
    return {bank: value.hex() for (bank, _), value in pcrs.items()}


# ---- the log as lines: template, digest, name, and the signature or buffer ----


def sha256_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def escaped(name):
    """IMA's own change is a line below a name for a space in it."""
    return name.replace(b" ", b"_").decode("latin-1").encode("unicode_escape").decode()


def line_of(template, data):
    digest, name, *rest = fields(data)
    algorithm, _, value = digest.partition(b":\0")
    return " ".join([template, f"{algorithm.decode()}:{value.hex()}", escaped(name.removesuffix(b"\0")), *(part.hex() or "-" for part in rest)])


def data_of(line):
    template, digest, name, *rest = line.split(" ")
    algorithm, _, value = digest.partition(":")
    name = name.encode().decode("unicode_escape").encode("latin-1")
    return joined(
        [algorithm.encode() + b":\0" + bytes.fromhex(value), name + b"\0", *(bytes.fromhex(part.strip("-")) for part in rest)]
    )


def name_in(line):
    return line.split(" ")[2]


def file_line(path, content):
    return f"ima-sig {content} {escaped(path.encode('utf-8', 'surrogateescape'))} -"


def aggregate_of(pcrs, ours):
    """Over the PCRs 0 to 9 when IMA starts, in the bank of its own hash; cosima comes later."""
    before = (bytes(32) if pcr == ours else bytes.fromhex(pcrs["sha256"][str(pcr)]) for pcr in range(10))
    return file_line(AGGREGATE, sha256_of(b"".join(before)))
