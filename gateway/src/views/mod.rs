//! What people are shown: plain, serialisable pictures of the site for the page, the API and the command line.
