/** Diffie-Hellman parameters of 1024 bits: too short, which is what the test is about. */
export const DH_1024 = `-----BEGIN DH PARAMETERS-----
MIGHAoGBAJ8hZskUOjXqmUWSY6OZTvGWV1bPbN/l3lNDnh6mrZ2H+woGA9w9CtA4
84PBN2ALqtnvdp8HaanOIVDkQgzu5Hfv/RqyQl18KH9f7lEGWj/J57fR2ePKChU7
vkv2sFtbWZpy6Bmvs1CTOt391xJBIm7X+edgAgin9PFwxugND5Z/AgEC
-----END DH PARAMETERS-----
`;
