"""One upload by tuspy, as a station's vendor would write it: python tuspy_client.py ENDPOINT FILE CHUNK_SIZE STOP

With STOP the first client sends one chunk and is forgotten; a second goes on from the address alone.
"""

import sys

from tusclient.client import TusClient


def main(endpoint: str, file: str, chunk_size: int, stop: bool) -> None:
    """Send it and print its address."""
    client = TusClient(endpoint, headers={"Authorization": "Bearer good"})
    metadata = {"filename": "询问室 1.mp4", "kind": "interview-room"}
    uploader = client.uploader(file, chunk_size=chunk_size, metadata=metadata)
    if stop:
        uploader.upload_chunk()  # type: ignore[no-untyped-call]
        uploader = client.uploader(file, chunk_size=chunk_size, url=uploader.url)
    uploader.upload()
    print(uploader.url)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4] == "stop")
