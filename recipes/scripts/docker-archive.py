#!/usr/bin/env python3
"""Writes a tar that `docker load` takes, of one layer, which is the tar of a root file system.

The same input gives the same bytes. Times are SOURCE_DATE_EPOCH (seconds, default 0). Exit status 1 and a line on stderr
when a file cannot be read or written.
"""
import argparse
import datetime
import hashlib
import io
import json
import os
import sys
import tarfile


def sha256(path):
    sum = hashlib.sha256()
    with open(path, 'rb') as file:
        for block in iter(lambda: file.read(1 << 20), b''):
            sum.update(block)
    return sum.hexdigest()


def config_of(options, layer, time):
    created = datetime.datetime.fromtimestamp(time, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
    return {
        'architecture': options.arch,
        'os': 'linux',
        'created': created,
        'config': {
            'Entrypoint': [options.entrypoint],
            'Env': ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
            'Volumes': {path: {} for path in options.volume},
        },
        'rootfs': {'type': 'layers', 'diff_ids': ['sha256:' + layer]},
        'history': [{'created': created}],
    }


def main():
    parser = argparse.ArgumentParser(description='Writes a tar that `docker load` takes.')
    for name in ('layer', 'arch', 'tag', 'entrypoint', 'out'):
        parser.add_argument('--' + name, required=True)
    parser.add_argument('--volume', action='append', default=[])
    options = parser.parse_args()
    time = int(os.environ.get('SOURCE_DATE_EPOCH', '0'))
    layer = sha256(options.layer)
    config = json.dumps(config_of(options, layer, time)).encode()
    name = hashlib.sha256(config).hexdigest() + '.json'
    manifest = json.dumps([{'Config': name, 'RepoTags': [options.tag], 'Layers': [f'{layer}/layer.tar']}]).encode()
    with tarfile.open(options.out + '.tmp', 'w', format=tarfile.PAX_FORMAT) as tar:
        for path, size, content in (
            (name, len(config), io.BytesIO(config)),
            ('manifest.json', len(manifest), io.BytesIO(manifest)),
            (f'{layer}/layer.tar', os.path.getsize(options.layer), open(options.layer, 'rb')),
        ):
            entry = tarfile.TarInfo(path)
            entry.size, entry.mtime, entry.mode = size, time, 0o644
            with content:
                tar.addfile(entry, content)
    os.replace(options.out + '.tmp', options.out)


if __name__ == '__main__':
    try:
        main()
    except OSError as error:
        sys.exit(f'docker-archive: {error}')
