"""The texts of a bundle that are written by us for people and for BagIt's readers.

Bilingual where people read them, because nobody knows who will. Commands stand on lines of their own, indented by four
spaces, hold no name that came from outside, and are run as they are by the tests.
"""

import re
from datetime import date

BAGIT = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
FORMAT = "tiezheng-bundle-v1"
FORMAT_WITH_COPIES = "tiezheng-bundle-v2"
"""The same with viewing copies, which a reader of the first version would not know to be none of the originals."""


def bag_info(grant: str, organisation: str, made_on: date, octets: int, streams: int, version: str = FORMAT) -> bytes:
    """`bag-info.txt`; whatever could begin another line is taken out of the organisation's name."""
    lines = {
        "Source-Organization": re.sub(r"\s+", " ", organisation).strip(),
        "External-Identifier": grant,
        "Bagging-Date": made_on.isoformat(),
        "Payload-Oxum": f"{octets}.{streams}",
        "Bag-Software-Agent": "tiezheng",
        "Tiezheng-Bundle": version,
    }
    return "".join(f"{label}: {value}\n" for label, value in lines.items()).encode()


VERIFY = """铁证 · 证据包核验说明 / Tiezheng · How to check this evidence bundle
================================================================

中文
----

以下命令请在本文件所在的文件夹中用 bash 执行；只需要 coreutils 与 openssl，不需要信任本系统。

一、文件是否被改动（出现 OK 才算通过；不要只看命令是否报错）：

    sha256sum --quiet --strict -c manifest-sha256.txt && sha256sum --quiet --strict -c tagmanifest-sha256.txt && echo OK

二、是否多出文件（sha256sum 不检查多出的文件；应只输出 OK）：

    diff <(find data -type f | LC_ALL=C sort) <(cut -c67- manifest-sha256.txt | LC_ALL=C sort) && echo OK
    diff <(find . -type f ! -path './data/*' ! -name 'tagmanifest-sha256.txt*' | cut -c3- | LC_ALL=C sort) \
<(cut -c67- tagmanifest-sha256.txt | LC_ALL=C sort) && echo OK

   有 manifest-sm3.txt 时，同样的文件另按国密 SM3 列出（应输出 OK；没有该文件则什么也不输出）：

    [ ! -e manifest-sm3.txt ] || { bad=$(cat manifest-sm3.txt tagmanifest-sm3.txt | while read -r d p; do \
[ "$d" = "$(openssl dgst -sm3 -r "$p" | cut -c-64)" ] || echo "$p"; done); echo "${bad:-OK}"; }

三、时间戳（RFC 3161）。每个文件应有两行或更多 Verification: OK：针对原文件，以及针对其固化清单（manifest）：

    cat proofs/authorities/*.pem > ../roots.pem
    for f in data/[od]*/*; do [ -e "$f" ] || continue; d=$(sha256sum < "$f" | cut -c1-64); echo "$f"; \
for t in "proofs/$d".original*.tsr; do openssl ts -verify -data "$f" -in "$t" -CAfile ../roots.pem; done; \
for t in "proofs/$d".manifest*.tsr; do openssl ts -verify -data "proofs/$d.manifest.json" -in "$t" \
-CAfile ../roots.pem; done; done

   缺少 .tsr 文件表示制作证据包时尚未取得时间戳。整个证据包的时间戳，以及日志检查点的时间戳（如有）：

    openssl ts -verify -data tagmanifest-sha256.txt -in tagmanifest-sha256.txt.tsr -CAfile ../roots.pem
    awk 'NR==1{o=$0} !b||index($0,"— " o " ")==1{print} $0==""{b=1}' checkpoint > ../checkpoint.own; \
[ ! -e checkpoint.tsr ] || openssl ts -verify -data ../checkpoint.own -in checkpoint.tsr -CAfile ../roots.pem

   时间戳证书过期以后，上面的命令会报证书过期。请改用下面的命令：它在时间戳所载的时间（-attime）核验原文件的时间戳，
   并写出该时间。过期之后还须另有证据表明时间戳在过期之前已经存在，tiezheng verify 会检查这一点：

    for f in data/[od]*/*; do [ -e "$f" ] || continue; d=$(sha256sum < "$f" | cut -c1-64); \
for t in "proofs/$d".original*.tsr; do \
at=$(date -d "$(openssl ts -reply -in "$t" -text | sed -n 's/^Time stamp: //p')" +%s); date -u -d "@$at"; \
openssl ts -verify -attime "$at" -data "$f" -in "$t" -CAfile ../roots.pem; done; done

   随包带有吊销列表（.crl）或 OCSP 响应（.ocsp）时，下面的命令核对其签名（verify OK）并列出其内容；没有则什么也不输出。
   其中若有时间戳的证书，时间戳是否仍然有效取决于吊销的时间与原因，tiezheng verify 会判断：

    for f in proofs/authorities/*.crl; do [ ! -e "$f" ] || openssl crl -in "$f" -CAfile ../roots.pem \
-noout -text 2>&1; done; \
for f in proofs/authorities/*.ocsp; do [ ! -e "$f" ] || openssl ocsp -respin "$f" -no_nonce -CAfile ../roots.pem \
-verify_other ../roots.pem -resp_text 2>&1; done

四、根证书与密钥。随包附带的证书本身什么也证明不了：伪造者也会附上自己的。请把下面的指纹与您从其他渠道
   （发证机关公布、接收站保存的 trust.json 等）得到的指纹比对：

    for c in proofs/authorities/*.pem; do openssl x509 -in "$c" -noout -subject -fingerprint -sha256; done

五、完整核验（包括日志证明、流转记录、审批）：tiezheng verify 本证据包 --trust trust.json
   trust.json 须从其他渠道取得；没有它只能说明“自身一致”。
   随包另有 release.json（交付记录）时，再加 --release release.json。

六、不用命令行：用 Chromium 或 Edge 打开 verify.html（不联网），放入本文件夹，即可看到逐项结论。伪造证据包的人也会换掉
   这一页：请先把它的 SHA-256 与发证机关另行公布的数值（其网站的 /verify.html.sha256，或 tiezheng verify
   --print-page-digest）比对，或者使用您另外取得的 verify.html。

    sha256sum verify.html

七、播放副本。data/copies 中的文件（名称以 derived- 开头）是派生的播放副本，不是原件，没有自己的时间戳，也不证明原件的
   内容。下面的命令逐个核对：制作者对其出处说明的签名（应输出 Signature Verified Successfully），它是哪个文件，以及
   其原件的时间戳（Verification: OK；原件的摘要即 proofs 中的文件名）。原件不在 data/originals 中时，只能证明
   有这样一个原件，不能证明其内容。
   制作者的密钥是否登记在日志中，由 tiezheng verify 或 verify.html 核对。没有播放副本则什么也不输出：

    for p in proofs/*.provenance.json; do [ -e "$p" ] || continue; d=${p%.provenance.json}; d=${d#proofs/}; \
k=$(sed 's/.*\\\\"vkey\\\\":\\\\"[^+]*+[^+]*+\\([A-Za-z0-9+/=]*\\)\\\\".*/\\1/' "proofs/$d.maker.json"); \
{ printf '\\060\\052\\060\\005\\006\\003\\053\\145\\160\\003\\041\\000'; printf %s "$k" | base64 -d | tail -c 32; } \
> ../maker.der; { printf 'tiezheng-provenance-v2\\n'; cat "$p"; } > ../provenance; \
openssl pkeyutl -verify -pubin -keyform DER -inkey ../maker.der -rawin -in ../provenance \
-sigfile "proofs/$d.provenance.sig"; \
grep "^$(sed 's/.*"output":{[^}]*"sha256":"\\([0-9a-f]*\\)".*/\\1/' "$p")  data/copies/" manifest-sha256.txt; \
for t in "proofs/$d".original*.tsr; do openssl ts -verify -digest "$d" -in "$t" -CAfile ../roots.pem; done; done

本证据包的摘要（登记在流转记录中的就是它）：

    sha256sum tagmanifest-sha256.txt

不能证明什么：
* 不能证明录像开始之前和采集站接收之前发生了什么；拍摄时间、设备、人员为上传者申报。
* 未标明为“合格”的时间戳机构由本系统运营者自建，只证明本系统内部的先后顺序，不能对抗运营者。
* 不能证明所录内容真实、完整，也不能证明没有其他未上传的录像。
* 清单上标注 “sealed on import” 的材料，导入之前是否完整不得而知。
* custody.jsonl 止于审批；此后的交付另有 release.json。
* 不能证明播放副本与其原件内容相同：副本是派生的，这一点仅凭其制作者所述。

English
-------

Run the commands of the Chinese part in bash, in the folder of this file. They need coreutils and openssl, and no trust
in this system.

1. Was a file changed: the first command prints OK, or names what was. (Look for OK, not for an exit status in a
   script: `set -e; sha256sum -c … && echo OK` ends with 0 on a corrupt file.)
2. Was a file added: sha256sum does not see that. The two diffs print OK and nothing else.
   Where there is a manifest-sm3.txt, the next command compares the same files by SM3 and prints OK (without: nothing).
3. Time stamps (RFC 3161): two lines "Verification: OK" or more for every file, for the file itself and for its sealed
   manifest. A missing .tsr was not there yet when the bundle was made. The next two commands are about the whole bundle
   and about the log's checkpoint (prints nothing where that has no stamp). After an authority's certificate has expired
   these commands say so: the next one judges the stamp of each file at the time it states (-attime) and prints that
   time. Then something else has to show that the stamp is older than the expiry; tiezheng verify checks that. Where
   revocation lists (.crl) or OCSP responses (.ocsp) came along, the last command checks who signed them (verify OK) and
   prints them (without: nothing). Where a stamp's certificate is in them, it depends on when and why it was revoked
   whether the stamp still counts; tiezheng verify judges that.
4. Certificates that come with a bundle prove nothing: a forger would bring his own. Compare the fingerprints that the
   command prints with fingerprints you have from elsewhere (published, or in a station's trust.json).
5. Everything, with the log's proofs, custody and approval: tiezheng verify BUNDLE --trust trust.json
   Where a release.json (the record of the delivery) came beside the bundle, add --release release.json
   Without a trust.json from elsewhere it can only say "self-consistent".
6. Without a command line: open verify.html in Chromium or Edge (it uses no network) and drop this folder on it. Whoever
   forges a bundle would forge that page too: compare its SHA-256 with the one the agency published (its site's
   /verify.html.sha256, or tiezheng verify --print-page-digest) first, or use a verify.html you got elsewhere.

7. Viewing copies. What lies in data/copies, under names that begin with derived-, is derived: a copy is no original,
   has no time stamp of its own and proves nothing of what its original shows. The command checks of each: its maker's
   signature under its provenance ("Signature Verified Successfully"), which file it is, and the time stamps of its
   original ("Verification: OK"; the original's digest is the name in proofs). Where the original itself is not in
   data/originals, all that is proven is that there was one. Whether the maker's key is in the log, tiezheng verify and
   verify.html check. Without viewing copies nothing is printed.

The bundle's digest, as the ledger has it, is the SHA-256 of tagmanifest-sha256.txt.

What this does not prove:
* What happened before recording began, and before the docking station handed the file over. Times, device and persons
  of a recording are declared by who uploaded it; the hash starts at the dock, not in the camera.
* An authority that is not marked as qualified is run by this system's operator: its stamps show the order of things
  inside this installation, and prove nothing against the operator.
* That what was recorded is true or complete, or that there is no other recording that was never uploaded.
* For material marked "sealed on import": whether it was intact before.
* custody.jsonl ends at the approval; the delivery afterwards is in release.json.
* That a viewing copy shows what its original shows: it is derived, and that is its maker's word.

Formats: BagIt 1.0 (RFC 8493), RFC 3161, RFC 8785, C2SP tlog-proof and signed-note; FORMAT (integrity/README.md).
"""
