"""A service of embeddings as people build it in Python, as a peer of zoo serve: sentence-transformers with its ONNX
backend behind FastAPI and uvicorn.

  embed_server.py MODEL THREADS --port PORT [--onnx FILE] [--gather]

MODEL is a folder as transformers has it, FILE the graph that encoder.py made of it; without one sentence-transformers
exports its own. --gather has requests that wait encoded together, as servers with dynamic batching do; without it each
request is encoded by itself, in a thread of FastAPI's.
"""

import argparse
import asyncio
import os
import pathlib
import shutil
import sys
import tempfile


def load(path, threads, graph):
    import onnxruntime
    from sentence_transformers import SentenceTransformer

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    kwargs = {"provider": "CPUExecutionProvider", "session_options": options}
    if graph:
        folder = pathlib.Path(tempfile.mkdtemp())
        for file in pathlib.Path(path).iterdir():
            if file.suffix != ".safetensors":
                shutil.copy(file, folder)
        (folder / "onnx").mkdir()
        os.symlink(os.path.abspath(graph), folder / "onnx" / "model.onnx")
        path, kwargs["file_name"] = str(folder), "onnx/model.onnx"
    return SentenceTransformer(path, backend="onnx", model_kwargs=kwargs)


def service(model, gather):
    import fastapi
    from pydantic import BaseModel

    app = fastapi.FastAPI()

    class Request(BaseModel):
        input: str | list[str]
        model: str = ""

    def encode(texts):
        return model.encode(texts, batch_size=64, normalize_embeddings=True, show_progress_bar=False)

    def answer(vectors):
        return {"object": "list", "model": "", "data": [{"object": "embedding", "index": i, "embedding": v.tolist()} for i, v in enumerate(vectors)]}

    @app.get("/health")
    def health():
        return {}

    if not gather:

        @app.post("/v1/embeddings")
        def embed(q: Request):
            return fastapi.responses.JSONResponse(answer(encode([q.input] if isinstance(q.input, str) else q.input)))

        return app

    waiting = []
    arrived = asyncio.Event()

    async def run():
        while True:
            await arrived.wait()
            arrived.clear()
            taken = waiting[:]
            waiting.clear()
            vectors = await asyncio.to_thread(encode, [t for texts, _ in taken for t in texts])
            at = 0
            for texts, done in taken:
                done.set_result(vectors[at:at + len(texts)])
                at += len(texts)

    @app.on_event("startup")
    async def begin():
        app.state.task = asyncio.create_task(run())

    @app.post("/v1/embeddings")
    async def embed_together(q: Request):
        done = asyncio.get_running_loop().create_future()
        waiting.append(([q.input] if isinstance(q.input, str) else q.input, done))
        arrived.set()
        return fastapi.responses.JSONResponse(answer(await done))

    return app


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("model")
    p.add_argument("threads", type=int)
    p.add_argument("--port", type=int, required=True)
    p.add_argument("--onnx")
    p.add_argument("--gather", action="store_true")
    a = p.parse_args()
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    import torch
    import uvicorn

    torch.set_num_threads(a.threads)
    uvicorn.run(service(load(a.model, a.threads, a.onnx), a.gather), host="127.0.0.1", port=a.port, log_level="warning", access_log=False)


if __name__ == "__main__":
    sys.exit(main())
