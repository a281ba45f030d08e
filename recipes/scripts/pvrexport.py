#!/usr/bin/env python3
"""Writes one LXC container as a pvrexport: a gzip tar of `json`, a part of a state, and `objects/<sha256>`.

The same input gives the same bytes. Times are SOURCE_DATE_EPOCH (seconds, default 0). Exit status 1 and a line on stderr
when a file cannot be read, is not JSON, or args.json has a key that run.json has no place for.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import sys
import tarfile

RENAMED = {
    'PV_GROUP': 'group',
    'PV_RUNLEVEL': 'runlevel',
    'PV_RESTART_POLICY': 'restart_policy',
    'PV_STATUS_GOAL': 'status_goal',
    'PV_ROLES': 'roles',
    'PV_AUTO_RECOVERY': 'auto_recovery',
}
SERVICES = {'required': 'PV_SERVICES_REQUIRED', 'optional': 'PV_SERVICES_OPTIONAL', 'manual': 'PV_SERVICES_MANUAL'}


def run_json(name, args, verbatim):
    copied = {key if key in verbatim else RENAMED[key]: value for key, value in args.items() if key in RENAMED}
    return {
        '#spec': 'service-manifest-run@1',
        'name': name,
        **copied,
        'config': 'lxc.container.conf',
        'root-volume': 'root.squashfs',
        'storage': {'lxc-overlay': {'persistence': 'boot'}},
        'type': 'lxc',
        'volumes': [],
        'services': {kind: args.get(key, []) for kind, key in SERVICES.items()},
    }


def state_of(options, objects):
    args = load_args(options.args)
    documents = {'run.json': run_json(options.name, args, options.verbatim), 'src.json': {'#spec': 'service-manifest-src@1', 'args': args, 'template': 'builtin-lxc-docker'}}
    if options.services:
        documents['services.json'] = load(options.services)
    state = {f'{options.name}/{key}': value for key, value in {**documents, **objects}.items()}
    return dict(sorted({'#spec': 'pantavisor-service-system@1', **state}.items()))


def load_args(path):
    args = load(path)
    if not isinstance(args, dict):
        raise ValueError(f'{path}: $: must be an object')
    unknown = [key for key in args if key not in RENAMED and key not in SERVICES.values()]
    if unknown:
        raise ValueError(f'{path}: unknown keys ' + ', '.join(unknown))
    return args


def load(path):
    with open(path, encoding='utf-8') as file:
        try:
            return json.load(file)
        except ValueError as error:
            raise ValueError(f'{path}: not JSON: {error}') from error


def write(path, members, time):
    with open(path + '.tmp', 'wb') as out, gzip.GzipFile(filename='', fileobj=out, mode='wb', compresslevel=6, mtime=0) as packed:
        with tarfile.open(fileobj=packed, mode='w', format=tarfile.USTAR_FORMAT) as tar:
            for name, content in members:
                entry = tarfile.TarInfo(name)
                entry.size, entry.mtime, entry.mode, entry.uname, entry.gname = len(content), time, 0o644, 'root', 'root'
                tar.addfile(entry, io.BytesIO(content))
    os.replace(path + '.tmp', path)


def main():
    parser = argparse.ArgumentParser(description='Writes one LXC container as a pvrexport.')
    for name in ('name', 'args', 'config', 'root', 'out'):
        parser.add_argument('--' + name, required=True)
    parser.add_argument('--services')
    parser.add_argument('--verbatim', action='append', default=[], help='a key of args.json that keeps its name in run.json')
    options = parser.parse_args()
    contents = {}
    for key, path in (('lxc.container.conf', options.config), ('root.squashfs', options.root)):
        with open(path, 'rb') as file:
            contents[key] = file.read()
    sums = {key: hashlib.sha256(content).hexdigest() for key, content in contents.items()}
    state = json.dumps(state_of(options, sums), ensure_ascii=False, separators=(',', ':')).encode()
    objects = sorted({f'objects/{sums[key]}': content for key, content in contents.items()}.items())
    write(options.out, [('json', state), *objects], int(os.environ.get('SOURCE_DATE_EPOCH', '0')))


if __name__ == '__main__':
    try:
        main()
    except (OSError, ValueError) as error:
        sys.exit(f'pvrexport: {error}')
