//! Where the text is in the requests and streams of the LLM APIs; edits on bytes.
