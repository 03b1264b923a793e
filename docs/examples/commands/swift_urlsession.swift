// The API page's example for Swift, with URLSession, as a command.

import Foundation

#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

func untagged(_ value: Any) -> Any {
  if let array = value as? [Any] {
    return array.map(untagged)
  }
  guard let object = value as? [String: Any] else {
    return value
  }
  switch object["$stt"] as? String {
  case "nan": return Double.nan
  case "infinity": return Double.infinity
  case "-infinity": return -Double.infinity
  case "object":
    let entries = object["entries"] as! [[Any]]
    return Dictionary(uniqueKeysWithValues: entries.map { ($0[0] as! String, untagged($0[1])) })
  default: return object.mapValues(untagged)
  }
}

struct Unserializable: Error {}

func transcribe(_ call: [String: Any]) throws -> Any {
  var parameters = (untagged(call["arguments"]!) as! [String: Any]).filter { !($0.value is NSNull) }
  if var audio = parameters["input_audio"] as? [String: Any], let format = audio.removeValue(forKey: "format_") {
    audio["format"] = format
    parameters["input_audio"] = audio
  }
  guard JSONSerialization.isValidJSONObject(parameters) else {
    throw Unserializable()
  }

  // From here on it is the example, with the call's values in place of its own, and waiting for its end.
  let headers = [
    "Authorization": "Bearer \(call["api_key"]!)",
    "Content-Type": "application/json",
  ]
  let postData = try JSONSerialization.data(withJSONObject: parameters, options: [])
  var request = URLRequest(
    url: URL(string: "\(call["base_url"]!)/audio/transcriptions")!,
    cachePolicy: .useProtocolCachePolicy,
    timeoutInterval: 10.0)
  request.httpMethod = "POST"
  request.allHTTPHeaderFields = headers
  request.httpBody = postData

  let session = URLSession.shared
  let done = DispatchSemaphore(value: 0)
  var outcome: (data: Data?, error: Error?)
  let dataTask = session.dataTask(
    with: request,
    completionHandler: { (data, response, error) -> Void in
      outcome = (data, error)
      done.signal()
    })
  dataTask.resume()
  done.wait()
  if let error = outcome.error {
    throw error
  }
  return try JSONSerialization.jsonObject(with: outcome.data ?? Data())
}

func returned(_ body: Any) -> [String: Any] {
  (body as? [String: Any] ?? [:]).filter { ["text", "usage", "error"].contains($0.key) }
}

func say(_ line: [String: Any]) {
  FileHandle.standardOutput.write(try! JSONSerialization.data(withJSONObject: line) + Data("\n".utf8))
}

say([
  "protocol": 1,
  "name": "URLSession",
  "features": ["api_key", "input_audio", "model", "language", "provider", "temperature"],
])
while let line = readLine() {
  let call = try! JSONSerialization.jsonObject(with: Data(line.utf8)) as! [String: Any]
  do {
    say(["id": call["id"]!, "ok": returned(try transcribe(call))])
  } catch {
    let types = [String(describing: type(of: error))]
    say(["id": call["id"]!, "error": ["types": types, "message": error.localizedDescription]])
  }
}
