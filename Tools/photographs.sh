#!/bin/sh
# Fetches the photographs of Debian's package darknet, on which detections are compared with the reference. They may be
# used, but not be committed here. Prints the folder, for CVTOOLKIT_PHOTOS.
#
#     CVTOOLKIT_PHOTOS=$(Tools/photographs.sh FOLDER) Tools/test.sh
set -eu
folder=${1:?usage: photographs.sh FOLDER}
installed=/usr/share/darknet/data

if [ -d "$installed" ]; then
    echo "$installed"
    exit 0
fi
mkdir -p "$folder"
cd "$folder"
if [ ! -d usr ]; then
    apt-get download -qq darknet >&2
    dpkg-deb -x darknet_*.deb .
fi
echo "$PWD$installed"
